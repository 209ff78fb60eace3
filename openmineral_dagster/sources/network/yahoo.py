"""Yahoo's charts of continuous futures: the last month, adjusted for nothing."""

from openmineral_dagster.sources.network.source import Address, Source, fixed

CHART = "https://query1.finance.yahoo.com/v8/finance/chart"
SYMBOLS = {"HG=F": "futures", "GC=F": "futures", "SI=F": "futures", "PL=F": "futures", "PA=F": "futures", "CL=F": "futures"}

SOURCE = Source(
    "yahoo",
    "Continuous front-month futures",
    "personal use only",
    fixed(
        *(
            Address(f"{CHART}/{symbol}?range=1mo&interval=1d", f"{folder}/{symbol}.json", "yahoo", each=True)
            for symbol, folder in SYMBOLS.items()
        )
    ),
    ("comex", "nymex"),
    off_because="an unofficial address whose terms allow personal use only",
    pause_s=2.0,
)
