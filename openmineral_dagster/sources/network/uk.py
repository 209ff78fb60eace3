"""The UK sanctions list of the Foreign Office. OFSI's old list may still answer, with data of the past: it is not asked."""

from openmineral_dagster.sources.network.source import Address, Source, fixed

SOURCE = Source(
    "uk",
    "UK sanctions list",
    "Open Government Licence",
    fixed(Address("https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.csv", "sanctions/uk_sanctions_list.csv", "uk")),
)
