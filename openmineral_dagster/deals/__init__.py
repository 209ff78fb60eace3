"""Deals: contract terms, payables, charges, costs and what a deal is worth, in decimals from file to output."""
