"""The market folders of the sample: LME fixes and stocks, futures bars, energy, currencies, rates and the volatility index."""

from datetime import date, datetime, time
from pathlib import Path

import numpy as np

from openmineral_dagster.reference.calendars import NEW_YORK, is_business_day
from sample_generator.files import to_tick, write_rows
from sample_generator.paths import BASE_METALS, DAYS_A_YEAR, Paths, Series, mean_reverting, steps_between

POUNDS_PER_TONNE = 2204.62262
LME_TICK = {"copper": 0.5, "aluminium": 0.5, "zinc": 0.5, "lead": 0.5, "nickel": 5.0, "tin": 5.0}
STOCK = {"copper": 140e3, "aluminium": 540e3, "zinc": 108e3, "lead": 205e3, "nickel": 190e3, "tin": 4600}
WARRANT = {"copper": 25, "aluminium": 25, "zinc": 25, "lead": 25, "nickel": 6, "tin": 5}
BLANK_STOCK = ("zinc", date(2024, 5, 16))
OPEN_ABOVE_HIGH = ("GC=F", date(2023, 8, 9))
BARS_HEADER = "Date,Open,High,Low,Close"
STAMPED_HEADER = "Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits"
FUTURES = {"GC=F": ("gold", 0.1, 1), "SI=F": ("silver", 0.005, 3), "HG=F": ("comex", 0.0005, 4), "CL=F": ("oil", 0.01, 2)}
CURRENCIES = {
    "USD": (1.16, 0.075, 4),
    "JPY": (174.0, 0.09, 2),
    "GBP": (0.872, 0.05, 5),
    "PLN": (4.27, 0.055, 4),
    "SEK": (10.94, 0.065, 4),
    "CHF": (0.934, 0.05, 4),
    "NOK": (11.72, 0.085, 4),
    "RUB": (96.5, 0.18, 4),
    "AUD": (1.77, 0.085, 4),
    "CAD": (1.63, 0.07, 4),
    "CNY": (8.26, 0.06, 4),
    "MXN": (21.4, 0.12, 4),
    "ZAR": (20.3, 0.14, 4),
}
"""Units a euro buys on the last day, annual volatility and decimals."""
LAST_QUOTED = {"RUB": date(2022, 3, 1)}
"""The last day of a currency that is no longer quoted."""
SOFR_KNOTS = (
    (date(2020, 11, 23), 0.08),
    (date(2022, 2, 1), 0.12),
    (date(2023, 7, 3), 5.10),
    (date(2024, 9, 2), 5.25),
    (date(2025, 9, 1), 4.20),
    (date(2026, 11, 20), 3.90),
)
TEN_YEAR_KNOTS = (
    (date(2020, 11, 23), 0.95),
    (date(2022, 11, 1), 3.90),
    (date(2024, 3, 1), 4.45),
    (date(2026, 11, 20), 4.15),
)


def write_market(folder: Path, paths: Paths, rng: np.random.Generator) -> None:
    """Every market folder under `folder`."""
    _write_lme(folder, paths, rng)
    _write_futures(folder, paths, rng)
    _write_energy(folder, paths, rng)
    _write_rates(folder, paths, rng)
    _write_volatility(folder, paths, rng)
    _write_currencies(folder, paths, rng)


def _open(paths: Paths, market: str) -> list[int]:
    """The positions of the business days of a market."""
    return [t for t, day in enumerate(paths.days) if is_business_day(day, market)]


def _write_lme(folder: Path, paths: Paths, rng: np.random.Generator) -> None:
    days = _open(paths, "london")
    for metal in BASE_METALS:
        three_month = paths.at_fix[metal]
        cash = three_month * (1 - 0.004 + mean_reverting(rng, len(paths.days), 0.97, 0.0014))
        stock = STOCK[metal] * np.exp(mean_reverting(rng, len(paths.days), 0.995, 0.012))
        tick, warrant = LME_TICK[metal], WARRANT[metal]
        rows = [
            (
                paths.days[t].isoformat(),
                to_tick(cash[t], tick, 1),
                to_tick(three_month[t], tick, 1),
                "" if (metal, paths.days[t]) == BLANK_STOCK else to_tick(stock[t], warrant, 1),
            )
            for t in days
        ]
        write_rows(folder / "lme" / f"{metal}.csv", "date,cash_settlement,three_month,lme_stock", rows)


def _write_futures(folder: Path, paths: Paths, rng: np.random.Generator) -> None:
    days = _open(paths, "new_york")
    # COMEX copper is LME copper plus a basis that comes and goes; the basis is what keeps the two from moving as one.
    basis = 1.01 * np.exp(mean_reverting(rng, len(paths.days), 0.97, 0.004)) / POUNDS_PER_TONNE
    closes = {**paths.at_close, "comex": paths.at_close["copper"] * basis}
    fixes = {**paths.at_fix, "comex": paths.at_fix["copper"] * basis}
    for symbol, (name, tick, places) in FUTURES.items():
        bars = _bars(fixes[name], closes[name], rng)
        bars = np.array([_sound(bar) for bar in np.round(bars[days] / tick) * tick])
        rows = [(paths.days[t].isoformat(), *(f"{price:.{places}f}" for price in bar)) for t, bar in zip(days, bars, strict=True)]
        rows = [_opened_above_its_high(row, tick, places) if (symbol, row[0]) == _fault_bar() else row for row in rows]
        header = BARS_HEADER
        if symbol == "HG=F":
            header, rows = STAMPED_HEADER, _stamped(rows, _volume(paths, rng.spawn(1)[0])[days])
        write_rows(folder / "futures" / f"{symbol}.csv", header, rows)


def _bars(fix: Series, close: Series, rng: np.random.Generator) -> Series:
    """Open, high, low and close of each day, (days, 4): the open lies near the close before, the range holds all three."""
    before = np.concatenate([fix[:1], close[:-1]])
    opened = before * (fix / before) ** rng.uniform(0.0, 0.6, len(fix))
    beyond = np.abs(rng.normal(0.0, 0.25, (2, len(fix)))) * np.abs(np.log(close / before)).mean()
    high = np.maximum.reduce([opened, fix, close]) * np.exp(beyond[0])
    low = np.minimum.reduce([opened, fix, close]) * np.exp(-beyond[1])
    return np.column_stack([opened, high, low, close])


def _sound(bar: Series) -> Series:
    """The bar with its high and low around it after rounding."""
    return np.array([bar[0], bar.max(), bar.min(), bar[3]])


def _volume(paths: Paths, rng: np.random.Generator) -> Series:
    """Contracts traded each day: more of them when the market moves."""
    return np.round(45e3 * paths.stress * np.exp(mean_reverting(rng, len(paths.days), 0.6, 0.25)))


def _stamped(rows: list[tuple[str, ...]], volume: Series) -> list[tuple[str, ...]]:
    """Bars in the other shape downloads come in: midnight New York with its offset, adjusted close, volume, two zeros."""
    midnights = [datetime.combine(date.fromisoformat(row[0]), time(), NEW_YORK).isoformat(" ") for row in rows]
    return [
        (at, *row[1:], row[4], f"{traded:.0f}", "0.0", "0.0") for at, row, traded in zip(midnights, rows, volume, strict=True)
    ]


def _fault_bar() -> tuple[str, str]:
    symbol, day = OPEN_ABOVE_HIGH
    return symbol, day.isoformat()


def _opened_above_its_high(row: tuple[str, ...], tick: float, places: int) -> tuple[str, ...]:
    return (row[0], to_tick(float(row[2]) + 12 * tick, tick, places), *row[2:])


def _write_energy(folder: Path, paths: Paths, rng: np.random.Generator) -> None:
    wti = paths.at_close["oil"] * np.exp(mean_reverting(rng, len(paths.days), 0.8, 0.003))
    brent = paths.at_close["oil"] * np.exp(0.06 + mean_reverting(rng, len(paths.days), 0.97, 0.004))
    for name, price, market in (("wti", wti, "new_york"), ("brent", brent, "london")):
        rows = [(paths.days[t].isoformat(), to_tick(price[t], 0.01, 2)) for t in _open(paths, market)]
        write_rows(folder / "energy" / f"{name}-daily.csv", "Date,Price", rows)


def _write_currencies(folder: Path, paths: Paths, rng: np.random.Generator) -> None:
    """Reference rates as the euro area's central bank lays them out: newest first, N/A after a currency's last day, a comma at
    the end of every line.
    """
    euro = rng.standard_normal(len(paths.days))
    columns = []
    for code, (last, volatility, places) in CURRENCIES.items():
        moves = volatility / np.sqrt(DAYS_A_YEAR) * (0.6 * euro + 0.8 * rng.standard_normal(len(paths.days)))
        walk = np.cumsum(moves - moves.mean())
        ended = LAST_QUOTED.get(code, paths.days[-1])
        levels = zip(paths.days, last * np.exp(walk - walk[-1]), strict=True)
        columns.append([f"{level:.{places}f}" if day <= ended else "N/A" for day, level in levels])
    days = reversed(_open(paths, "london"))
    rows = [(paths.days[t].isoformat(), *(column[t] for column in columns), "") for t in days]
    write_rows(folder / "fx" / "eurofxref-hist.csv", ",".join(["Date", *CURRENCIES, ""]), rows)


def _write_rates(folder: Path, paths: Paths, rng: np.random.Generator) -> None:
    sofr = steps_between(paths.days, SOFR_KNOTS)
    sofr = np.maximum(np.round(sofr * 4) / 4 + 0.05 + mean_reverting(rng, len(sofr), 0.7, 0.015), 0.01)
    ten_year = steps_between(paths.days, TEN_YEAR_KNOTS) + mean_reverting(rng, len(sofr), 0.985, 0.05)
    for name, rate in (("SOFR", sofr), ("DGS10", ten_year)):
        rows = [(paths.days[t].isoformat(), f"{rate[t]:.2f}") for t in _open(paths, "new_york")]
        write_rows(folder / "rates" / f"{name}.csv", f"observation_date,{name}", rows)


def _write_volatility(folder: Path, paths: Paths, rng: np.random.Generator) -> None:
    """A fear index that follows the volatility of the simulated copper market."""
    level = 17.0 * paths.stress**0.7 * np.exp(mean_reverting(rng, len(paths.days), 0.93, 0.05))
    bars = _bars(level * np.exp(0.01 * rng.standard_normal(len(level))), level, rng)
    rows = [(paths.days[t].isoformat(), *(f"{value:.2f}" for value in bars[t])) for t in _open(paths, "new_york")]
    write_rows(folder / "macro" / "vix-daily.csv", "DATE,OPEN,HIGH,LOW,CLOSE", rows)
