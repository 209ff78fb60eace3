"""OpenMineral: a nightly analytics platform for trading metals and mineral concentrates."""
