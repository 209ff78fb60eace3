"""Warehouse stocks of COMEX and NYMEX: overwritten every day, so every answer is kept."""

from openmineral_dagster.sources.comex_stocks import SOURCE_NAME
from openmineral_dagster.sources.network.source import Address, Source, fixed

REPORTS = ("Copper_Stocks", "Gold_Stocks", "Silver_stocks", "PA-PL_Stck_Rprt")

SOURCE = Source(
    "comex",
    "COMEX and NYMEX warehouse stocks",
    "internal use under CME's terms of website use",
    fixed(
        *(
            Address(
                f"https://www.cmegroup.com/delivery_reports/{name}.xls", f"comex_stocks/{name}.xls", "comex_stocks", each=True
            )
            for name in REPORTS
        )
    ),
    (SOURCE_NAME,),
    pause_s=1.0,
)
