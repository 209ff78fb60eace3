"""OFAC's list of specially designated nationals: names, aliases and addresses belong together."""

from openmineral_dagster.sources.network.source import Address, Source, fixed

EXPORTS = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports"

SOURCE = Source(
    "ofac",
    "US sanctions list",
    "public domain",
    fixed(*(Address(f"{EXPORTS}/{part}.CSV", f"sanctions/{part.lower()}.csv", part.lower()) for part in ("SDN", "ALT", "ADD"))),
    together=True,
)
