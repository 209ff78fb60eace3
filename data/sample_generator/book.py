"""The sample desk's book: twelve positions in three portfolios, two of them closed, entered at the simulated prices."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sample_generator.files import to_tick, write_rows
from sample_generator.market import LME_TICK, POUNDS_PER_TONNE
from sample_generator.paths import Paths


@dataclass(frozen=True)
class Position:
    """One row of the book: `quantity` long positive in `unit`; `market` is the simulated market it is entered at."""

    portfolio: str
    instrument: str
    tenor: str
    market: str
    quantity: float
    unit: str
    entered_on: date
    closed_on: date | None = None
    prompt_date: date | None = None


POSITIONS = (
    Position("base_metals", "CU", "3m", "copper", 1500, "t", date(2026, 8, 12)),
    Position("base_metals", "AL", "3m", "aluminium", -80, "lots", date(2026, 9, 3)),
    Position("base_metals", "ZN", "3m", "zinc", 1200, "t", date(2026, 9, 22)),
    Position("base_metals", "NI", "3m", "nickel", 40, "lots", date(2026, 10, 6)),
    Position("base_metals", "ZN", "cash", "zinc", -450, "t", date(2026, 10, 20)),
    Position("base_metals", "AL", "3m", "aluminium", 1000, "t", date(2026, 5, 14), closed_on=date(2026, 8, 14)),
    Position("precious", "GC", "front", "gold", 2500, "oz", date(2026, 7, 16)),
    Position("precious", "SI", "front", "silver", -12, "lots", date(2026, 9, 10)),
    Position("precious", "GC", "front", "gold", -6, "lots", date(2026, 10, 28)),
    Position("hedges", "CU", "3m", "copper", -36, "lots", date(2026, 10, 16), prompt_date=date(2027, 1, 15)),
    Position("hedges", "HG", "front", "copper", -25, "lots", date(2026, 11, 5)),
    Position("hedges", "CU", "cash", "copper", -600, "t", date(2026, 6, 9), closed_on=date(2026, 9, 8)),
)
FUTURES_TICKS = {"GC": (0.1, 1), "SI": (0.005, 3), "HG": (0.0005, 4)}


def write_book(folder: Path, paths: Paths) -> None:
    """`positions/book.csv` under `folder`."""
    header = "portfolio,instrument,tenor,quantity,unit,entered_on,closed_on,price,prompt_date"
    write_rows(folder / "positions" / "book.csv", header, [_row(position, paths) for position in POSITIONS])


def _row(held: Position, paths: Paths) -> tuple[str, ...]:
    closed, prompt = (day.isoformat() if day else "" for day in (held.closed_on, held.prompt_date))
    quantity, entered = f"{held.quantity:g}", held.entered_on.isoformat()
    return held.portfolio, held.instrument, held.tenor, quantity, held.unit, entered, closed, _price(held, paths), prompt


def _price(held: Position, paths: Paths) -> str:
    """The simulated price of the entry day: the fix for LME metal, the close for futures."""
    t = paths.days.index(held.entered_on)
    if held.instrument not in FUTURES_TICKS:
        return to_tick(paths.at_fix[held.market][t], LME_TICK[held.market], 1)
    per_unit = POUNDS_PER_TONNE if held.instrument == "HG" else 1.0
    return to_tick(paths.at_close[held.market][t] / per_unit, *FUTURES_TICKS[held.instrument])
