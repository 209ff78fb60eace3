"""The consolidated list of the United Nations Security Council."""

from openmineral_dagster.sources.network.source import Address, Source, fixed

SOURCE = Source(
    "un",
    "UN sanctions list",
    "free for use with attribution",
    fixed(Address("https://scsanctions.un.org/resources/xml/en/consolidated.xml", "sanctions/un_consolidated.xml", "un")),
)
