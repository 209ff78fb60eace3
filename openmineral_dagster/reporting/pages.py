"""What every page shares: its template environment, how figures are printed, and pictures that follow light and dark."""

import io
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from openmineral_dagster.reporting.plots import ACCENT, INK, MINUS, PAPER, QUIET, SHADE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLE = "SAMPLE DATA: generated prices. Nothing here is a real market."
NOTHING = "–"
_INHERITED = {INK: "var(--ink)", ACCENT: "var(--mark)", QUIET: "var(--faint)", SHADE: "var(--rule)", PAPER: "var(--paper)"}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_OWN_NAMES = re.compile(r' id="[A-Za-z0-9.]+_\d+"')


def render(template: str, sample_data: bool, **values: Any) -> str:
    """A page of `templates/`, everything in it escaped."""
    return _environment().get_template(template).render(sample=SAMPLE if sample_data else "", **values)


@cache
def _environment() -> Environment:
    loader = PackageLoader("openmineral_dagster.reporting")
    made = Environment(loader=loader, autoescape=select_autoescape(), undefined=StrictUndefined, trim_blocks=True)
    made.filters.update(usd=usd, signed=signed, percent=percent, number=number)
    return made


def usd(value: float | None) -> str:
    """Whole dollars with thousands separators; a dash where there is no figure."""
    return NOTHING if value is None else f"{_zeroed(value, 0):,.0f}".replace("-", MINUS)


def signed(value: float | None) -> str:
    """Whole dollars with their sign; nought has none."""
    if value is None:
        return NOTHING
    shown = _zeroed(value, 0)
    return f"{shown:+,.0f}".replace("-", MINUS) if shown else "0"


def percent(share: float | None, decimals: int = 1, sign: bool = False) -> str:
    """A fraction in percent."""
    if share is None:
        return NOTHING
    shown = _zeroed(100 * share, decimals)
    return f"{shown:{'+' if sign and shown else ''},.{decimals}f}\N{NO-BREAK SPACE}%".replace("-", MINUS)


def number(value: float | None, decimals: int = 2) -> str:
    """A plain figure."""
    return NOTHING if value is None else f"{_zeroed(value, decimals):,.{decimals}f}".replace("-", MINUS)


def _zeroed(value: float, decimals: int) -> float:
    """`value` rounded, without a negative nought."""
    return round(value, decimals) + 0.0


def picture(drawn: "Figure", name: str) -> Markup:
    """A figure as SVG for the middle of a page: text stays text, colours are the page's, names are its own.

    Args:
        name: what keeps the names inside it apart from another picture's on the same page.
    """
    from matplotlib import rc_context

    held = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        drawn.savefig(held, format="svg", metadata=_NO_METADATA, transparent=True)
    content = held.getvalue()
    content = _OWN_NAMES.sub("", content[content.index("<svg") :])
    for colour, inherited in _INHERITED.items():
        content = content.replace(f": {colour}", f": {inherited}")
    return Markup(content)  # noqa: S704 drawn here, its names escaped by the library


def png(drawn: "Figure") -> bytes:
    """A figure as a small PNG on white."""
    held = io.BytesIO()
    drawn.savefig(held, format="png", dpi=100, metadata={"Software": None})
    return held.getvalue()
