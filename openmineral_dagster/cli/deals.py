"""`openmineral deal`: value or simulate one deal file that lies anywhere."""

import json
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from openmineral_dagster.deals.exposures import exposure_rows
from openmineral_dagster.deals.intake import valued
from openmineral_dagster.deals.margins import margins_json
from openmineral_dagster.deals.quotes import Markets, no_market
from openmineral_dagster.deals.simulation import Margins, simulate
from openmineral_dagster.deals.statement import as_json, lines
from openmineral_dagster.deals.terms import Deal, parse_deal
from openmineral_dagster.deals.valuation import Valuation, needs_market
from openmineral_dagster.defs.dealing import landed_markets, markets
from openmineral_dagster.defs.desk_risk import Added, added_by
from openmineral_dagster.defs.taking_in import last_night
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.tables import PRICE_DISTRIBUTION
from openmineral_dagster.market.nights import resolve_night
from openmineral_dagster.reference.errors import BadInput, UsageFault
from openmineral_dagster.sources.landing import price_span, read_landing


def read_deal(file: Path) -> Deal:
    """The deal in a file a person named.

    Raises:
        UsageFault: the file cannot be read.
        BadInput: a field of it is wrong.
    """
    try:
        return parse_deal(file.read_text(encoding="utf-8"), str(file))
    except OSError as error:
        raise UsageFault(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageFault(f"{file}: expected UTF-8 text, found other bytes at {error.start}") from error


def print_value(root: DataRoot, file: Path, json_wanted: bool, as_of: date | None) -> None:
    """Print what a deal is worth, as JSON or as a table.

    Raises:
        UsageFault: the deal was not known on `as_of`, or the landing has no price where the deal leaves one open.
        BadInput: a field is wrong, or nothing is known to price a leg on.
    """
    deal = read_deal(file)
    if as_of and deal.traded_on > as_of:
        raise UsageFault(f"{file}: traded_on {deal.traded_on} is after --as-of {as_of}")
    night, market = _market(root, deal, as_of)
    valuation = valued(deal, str(file), night, market)
    legs = exposure_rows([("", valuation)], night).select("instrument", "delivery", "quantity")
    added = added_by(root, deal.deal_id, legs, night)
    if json_wanted:
        print(json.dumps(as_json(valuation) | ({"risk": _risk_json(added)} if added else {}), indent=1))
    else:
        _print_table(Console(), valuation, added)


def _risk_json(added: Added) -> dict[str, str]:
    """What the deal adds to the book, decimals as strings."""
    return {
        "incremental_var_usd": f"{added.with_usd - added.without_usd:.2f}",
        "var_without_usd": f"{added.without_usd:.2f}",
        "var_with_usd": f"{added.with_usd:.2f}",
        "confidence": "0.99",
        "horizon_days": "1",
        "method": added.method,
    }


def _market(root: DataRoot, deal: Deal, as_of: date | None) -> tuple[date, Markets]:
    """The night a deal is valued on and what it knew: a deal that fixes everything asks nothing of the landing."""
    if not needs_market(deal):
        return as_of or deal.traded_on, no_market
    landed = read_landing(root.landing, root.received)
    night = resolve_night(as_of, *price_span(landed))
    if deal.traded_on > night:
        raise UsageFault(f"deal {deal.deal_id}: traded_on {deal.traded_on} is after the last price, which is of {night}")
    return night, landed_markets(root.lake, landed, night)


def print_margins(root: DataRoot, file: Path, as_json: bool, as_of: date | None, outcomes: int, seed: int) -> None:
    """Print the distribution of what a deal may make, on the market and the forecast ranges of a published night.

    Raises:
        UsageFault: the night has no forecasts, or did not know the deal.
        BadInput: a field is wrong, or an open price has no forecast.
    """
    deal, night = read_deal(file), as_of or last_night(root)
    distribution, market = root.lake.read_night(PRICE_DISTRIBUTION, night), markets(root.lake)
    if distribution.is_empty():
        raise UsageFault(
            f"data root {root.path}: no forecast ranges of {night}; `openmineral nightly --as-of {night}` makes them"
        )
    if deal.traded_on > night:
        raise UsageFault(f"{file}: traded_on {deal.traded_on} is after the night of {night}")
    try:
        found = simulate(valued(deal, str(file), night, market), market(night), distribution, outcomes, seed)
    except BadInput as fault:
        raise BadInput(str(file), fault.field, fault.value, fault.expectation) from fault
    if as_json:
        print(json.dumps({"deal_id": deal.deal_id, "as_of_date": night.isoformat(), **margins_json(found)}, indent=1))
    else:
        Console().print(_margins_grid(found))


def _margins_grid(found: Margins) -> Grid:
    grid = Grid("", "USD")
    shown = margins_json(found)
    for name in ("mean_usd", "sd_usd", "q05_usd", "q50_usd", "q95_usd"):
        grid.add_row(name, f"{shown[name]:,.0f}")
    grid.add_row("loss_probability", f"{shown['loss_probability']:.1%}")
    for name, alone in shown["contributions_usd"].items():
        grid.add_row(f"{name} alone", f"± {alone:,.0f}")
    return grid


def _print_table(console: Console, valuation: Valuation, added: Added | None) -> None:
    """The lines as a table, then what a reader should know before relying on them."""
    console.print(_grid(valuation))
    if added:
        change = f"{added.with_usd - added.without_usd:+,.0f} USD, from {added.without_usd:,.0f} to {added.with_usd:,.0f}"
        console.print(f"value at risk of the book, 99 %, one day: {change} ({added.method})", markup=False, highlight=False)
    for flag in valuation.flags:
        console.print(f"flag: {flag}", markup=False, highlight=False)


def _grid(valuation: Valuation) -> Grid:
    grid = Grid("leg", "line", "USD", "quantity", "unit")
    for leg, line, amount, quantity, unit in lines(valuation):
        shown = "" if quantity is None else f"{quantity.normalize():f}"
        grid.add_row(leg, line, "" if amount is None else f"{amount:,}", shown, unit or "")
    return grid
