"""Every publisher the platform knows, and which of them a desk has turned on."""

from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.sources.network import (
    cftc,
    comex,
    ecb,
    eu,
    fred,
    gdelt,
    lbma,
    ofac,
    rss,
    treasury,
    uk,
    un,
    westmetall,
    worldbank,
    yahoo,
)
from openmineral_dagster.sources.network.settings import ALL, Settings
from openmineral_dagster.sources.network.source import Source

SOURCES = tuple(
    module.SOURCE
    for module in (
        worldbank,
        fred,
        lbma,
        ecb,
        treasury,
        cftc,
        comex,
        ofac,
        un,
        eu,
        uk,
        rss,
        gdelt,
        westmetall,
        yahoo,
    )
)


def turned_on(settings: Settings) -> tuple[Source, ...]:
    """The publishers the settings name, in the catalogue's order.

    Raises:
        UsageFault: a name no publisher has.
    """
    known = {source.name for source in SOURCES}
    unknown = sorted(set(settings.sources) - known - {ALL})
    if unknown:
        raise UsageFault(f"source {', '.join(unknown)}: expected some of {', '.join(sorted(known))}, or {ALL}")
    free = ALL in settings.sources
    return tuple(source for source in SOURCES if source.name in settings.sources or (free and not source.off_because))
