"""Unit conversions of the metals trade, as exact decimals. Source: domain conventions of LME, COMEX and LBMA contracts."""

from decimal import Decimal

LB_PER_TONNE = Decimal("2204.62262")
GRAMS_PER_OUNCE = Decimal("31.1034768")
USC_PER_USD = Decimal("100")
