"""Where data come from over the network: one file a publisher, all fetched, checked and kept in one way."""
