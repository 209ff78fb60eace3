"""Unit conversions of the metals trade, as exact decimals. Source: domain conventions of LME, COMEX and LBMA contracts."""

from decimal import Decimal

LB_PER_TONNE = Decimal("2204.62262")
GRAMS_PER_OUNCE = Decimal("31.1034768")
OUNCES_PER_TONNE = Decimal("32150.7466")
KG_PER_DMT_PER_POINT = Decimal("10")
"""One percentage point of grade is 10 kg in a dry tonne."""
PPM_PER_PERCENT = Decimal("10000")
USC_PER_USD = Decimal("100")
