"""What is known of each priced series: returns, volatilities and spreads, a row a price date."""
