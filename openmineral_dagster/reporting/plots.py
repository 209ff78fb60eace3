"""Charts, drawn without a display: bars with a reference, lines in a band."""

from collections.abc import Mapping
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
