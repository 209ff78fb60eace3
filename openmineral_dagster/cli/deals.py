"""`openmineral deal`: value one deal file that lies anywhere."""

import json
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from openmineral_dagster.deals.intake import valued
from openmineral_dagster.deals.quotes import Markets, no_market
from openmineral_dagster.deals.statement import as_json, lines
from openmineral_dagster.deals.terms import Deal, parse_deal
from openmineral_dagster.deals.valuation import Valuation, needs_market
from openmineral_dagster.defs.dealing import landed_markets
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.market.nights import resolve_night
from openmineral_dagster.reference.errors import UsageFault
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
    valuation = valued(deal, str(file), *_market(root, deal, as_of))
    if json_wanted:
        print(json.dumps(as_json(valuation), indent=1))
    else:
        _print_table(Console(), valuation)


def _market(root: DataRoot, deal: Deal, as_of: date | None) -> tuple[date, Markets]:
    """The night a deal is valued on and what it knew: a deal that fixes everything asks nothing of the landing."""
    if not needs_market(deal):
        return as_of or deal.traded_on, no_market
    landed = read_landing(root.landing, root.received)
    night = resolve_night(as_of, *price_span(landed))
    if deal.traded_on > night:
        raise UsageFault(f"deal {deal.deal_id}: traded_on {deal.traded_on} is after the last price, which is of {night}")
    return night, landed_markets(root.lake, landed, night)


def _print_table(console: Console, valuation: Valuation) -> None:
    """The lines as a table, then what a reader should know before relying on them."""
    console.print(_grid(valuation))
    for flag in valuation.flags:
        console.print(f"flag: {flag}", markup=False, highlight=False)


def _grid(valuation: Valuation) -> Grid:
    grid = Grid("leg", "line", "USD", "quantity", "unit")
    for leg, line, amount, quantity, unit in lines(valuation):
        shown = "" if quantity is None else f"{quantity.normalize():f}"
        grid.add_row(leg, line, "" if amount is None else f"{amount:,}", shown, unit or "")
    return grid
