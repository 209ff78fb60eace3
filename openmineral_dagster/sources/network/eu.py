"""The European Union's consolidated list; the sectoral annexes of Regulation 833/2014 are not in it."""

from openmineral_dagster.sources.network.source import Address, Source, fixed

FILES = "https://webgate.ec.europa.eu/fsd/fsf/public/files"
PUBLIC_TOKEN = "token=dG9rZW4tMjAxNw"  # noqa: S105 the publisher's own, the same for everybody

SOURCE = Source(
    "eu",
    "EU sanctions list",
    "CC BY 4.0",
    fixed(Address(f"{FILES}/csvFullSanctionsList_1_1/content?{PUBLIC_TOKEN}", "sanctions/eu_consolidated.csv", "eu")),
)
