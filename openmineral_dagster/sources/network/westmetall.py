"""Westmetall's tables of LME official prices and stocks."""

from openmineral_dagster.reference.instruments import lme_metals
from openmineral_dagster.sources.network.source import Address, Source, fixed

TABLE = "https://www.westmetall.com/en/markdaten.php?action=table&field=LME_"

SOURCE = Source(
    "westmetall",
    "LME cash, three months and stocks",
    "LME copyright: internal use only",
    fixed(*(Address(f"{TABLE}{metal.symbol.title()}_cash", f"lme/{metal.name}.html", "westmetall") for metal in lme_metals())),
    ("lme", "lme_stocks"),
    off_because="a mirror of prices whose copyright is the LME's: internal use only, at a low rate",
    pause_s=5.0,
)
