"""`openmineral deal`: value one deal file that lies anywhere."""

import json
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from openmineral_dagster.deals.intake import valued
from openmineral_dagster.deals.terms import Deal, parse_deal
from openmineral_dagster.deals.valuation import Valuation
from openmineral_dagster.reference.errors import UsageFault


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


def print_value(file: Path, as_json: bool, as_of: date | None) -> None:
    """Print what a deal is worth, as JSON or as a table.

    Raises:
        UsageFault: the deal was not known on `as_of`.
    """
    deal = read_deal(file)
    if as_of and deal.traded_on > as_of:
        raise UsageFault(f"{file}: traded_on {deal.traded_on} is after --as-of {as_of}")
    valuation = valued(deal, str(file))
    if as_json:
        print(json.dumps(valuation.as_json(), indent=1))
    else:
        Console().print(_grid(valuation))


def _grid(valuation: Valuation) -> Grid:
    grid = Grid("leg", "line", "USD", "quantity", "unit")
    for row in valuation.rows().iter_rows(named=True):
        amount = "" if row["amount_usd"] is None else f"{row['amount_usd']:,}"
        quantity = "" if row["quantity"] is None else f"{row['quantity'].normalize():f}"
        grid.add_row(row["leg"], row["line"], amount, quantity, row["unit"] or "")
    for flag in valuation.flags:
        grid.add_row("flag", flag, "", "", "")
    return grid
