"""Charts, drawn without a display: bars with a reference, lines in a band, gains and losses against a limit of loss."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, ACCENT, QUIET, SHADE, PAPER = "#1d2b36", "#b4531f", "#8a98a3", "#c9d3da", "#ffffff"
STYLE: dict[str, Any] = {
    "font.size": 9,
    "text.parse_math": False,  # a name with two dollar signs is a name
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SHADE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}
LONGEST_NAME = 30
MINUS = "\N{MINUS SIGN}"


@contextmanager
def _house_style() -> Iterator[None]:
    from matplotlib import rc_context

    with rc_context(STYLE):  # type: ignore[arg-type]
        yield


def figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches; it belongs to no display and needs no closing."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


@_house_style()
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


@_house_style()
def dots_in_bands(
    names: Sequence[str], values: Sequence[float], low: Sequence[float], high: Sequence[float], nominal: float
) -> "Figure":
    """A dot a name on the band it should lie in; one outside is drawn in another colour and shape."""
    drawn = figure(6.4, 1.0 + 0.2 * max(len(names), 1))
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
    axes.set_xlabel("share of outcomes inside the 90 % range\nshaded: where a true range lies 95 times in 100")
    return drawn


@_house_style()
def signed_bars(
    names: Sequence[str], values: Sequence[float], labels: Sequence[str], colours: Sequence[str], unit: str
) -> "Figure":
    """One horizontal bar a name in the order given, first on top, its label at its end."""
    drawn = figure(6.4, 0.5 + 0.24 * max(len(names), 1))
    axes = drawn.subplots()
    axes.bar_label(axes.barh(range(len(names)), values, color=colours, height=0.62), labels, padding=3)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.34 * (high - low) or 1.0
    axes.set_xlim(low - room * (low < 0.0), high + room * (high > 0.0))
    axes.set_yticks(range(len(names)), [shortened(name) for name in names])
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_xticks([])
    axes.invert_yaxis()
    axes.set_xlabel(unit, loc="left")
    return drawn


@_house_style()
def gains_against_limit(
    days: Sequence[date], gains: Sequence[float], limits: Mapping[str, Sequence[float]], unit: str
) -> "Figure":
    """Gains and losses a day, what each limit said they would rarely lose, and the days they lost more.

    Args:
        limits: two series of losses as positive figures, the wider first; what is beyond it is a diamond, what is only
            beyond the narrower a circle.
    """
    drawn = figure(6.4, 3.0)
    axes = drawn.subplots()
    x, y = np.asarray(days, dtype="datetime64[D]"), np.asarray(gains)
    axes.vlines(x, 0.0, y, color=QUIET, linewidth=1.0)
    axes.axhline(0.0, color=INK, linewidth=0.8)
    marked = np.zeros(len(y), dtype=bool)
    for (name, losses), line, marker, filled in zip(limits.items(), ("-", ":"), "Do", (ACCENT, PAPER), strict=True):
        axes.plot(x, -np.asarray(losses), line, color=INK, linewidth=1.0, label=name)
        beyond = y < -np.asarray(losses)
        new = beyond & ~marked
        label = f"beyond it: {beyond.sum()}"
        axes.plot(x[new], y[new], marker, color=ACCENT, markerfacecolor=filled, markersize=4.5, label=label)
        marked |= beyond
    _dated(axes, unit)
    drawn.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=4, fontsize=8, columnspacing=1.2)
    return drawn


def _dated(axes: "Axes", unit: str) -> None:
    """Axes of days and of thousands-separated figures."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    locator = AutoDateLocator(maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}".replace("-", MINUS)))
    axes.set_ylabel(unit)


def shortened(name: str) -> str:
    """`name` on one line, cut where it would crowd out the chart: the table beside it has all of it."""
    line = " ".join(name.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"
