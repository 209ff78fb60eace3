"""Risk of the book: exposures, clean profit and loss, value at risk and expected shortfall."""
