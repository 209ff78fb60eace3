"""The generator of the bundled sample: simulated markets, a fictional book, deals, news and sanctions lists."""
