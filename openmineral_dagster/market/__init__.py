"""Prices as the desk reads them: price histories by series and the freshness of every source."""
