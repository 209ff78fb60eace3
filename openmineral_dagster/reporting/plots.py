"""Charts, drawn without a display: bars with a reference, lines in a band."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, ACCENT, SHADE = "#1d2b36", "#b4531f", "#c9d3da"


def figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches; it belongs to no display and needs no closing."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def bars(values: Mapping[str, float], title: str, unit: str) -> "Figure":
    """One horizontal bar a name, largest on top."""
    drawn = figure(7.0, 0.6 + 0.32 * max(len(values), 1))
    axes = drawn.subplots()
    ordered = sorted(values.items(), key=lambda item: item[1])
    axes.barh([name for name, _ in ordered], [value for _, value in ordered], color=ACCENT)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_title(title, loc="left", color=INK)
    axes.set_xlabel(unit)
    return drawn


def dots_in_bands(
    names: Sequence[str], values: Sequence[float], low: Sequence[float], high: Sequence[float], nominal: float
) -> "Figure":
    """A dot a name on the band it should lie in; one outside is drawn in another colour and shape."""
    drawn = figure(9.0, 0.9 + 0.24 * max(len(names), 1))
    axes = drawn.subplots()
    places = range(len(names))
    axes.barh(places, [top - bottom for bottom, top in zip(low, high, strict=True)], left=low, color=SHADE, height=0.7)
    inside = [bottom <= value <= top for value, bottom, top in zip(values, low, high, strict=True)]
    for kept, marker, colour in ((True, "o", INK), (False, "D", ACCENT)):
        chosen = [place for place in places if inside[place] is kept]
        axes.plot([values[place] for place in chosen], chosen, marker, color=colour, markersize=5)
    axes.axvline(nominal, color=INK, linewidth=0.8, linestyle="--")
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set_xlabel("share of outcomes inside the 90 % range; shaded: where a true range lies 95 times in 100")
    return drawn
