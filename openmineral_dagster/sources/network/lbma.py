"""The London bullion auctions."""

from openmineral_dagster.sources.lbma import AUCTIONS, SOURCE_NAME
from openmineral_dagster.sources.network.source import Address, Source, fixed

SOURCE = Source(
    "lbma",
    "Gold, silver, platinum and palladium auctions",
    "internal use; commercial use and redistribution need a licence of ICE Benchmark Administration",
    fixed(*(Address(f"https://prices.lbma.org.uk/json/{name}.json", f"lbma/{name}.json", "lbma") for name in AUCTIONS)),
    (SOURCE_NAME,),
)
