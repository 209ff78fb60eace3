"""Every instrument the desk prices: its names in files and deals, quotation unit, lot and how its returns are taken."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

Venue = Literal["LME", "LBMA", "COMEX", "NYMEX", "EIA", "CBOE", "ECB"]
LME_TENORS = ("cash", "3m")


@dataclass(frozen=True)
class Instrument:
    """One priced thing.

    Attributes:
        unit: quotation unit of one price, e.g. "USD/t".
        quantity_unit: the unit a price is per, e.g. "t".
        lot: size of one exchange lot in `quantity_unit`.
        tenors: tenors it is quoted for; the first is the one a bare name means.
        can_be_negative: prices may fall below zero, so changes are taken in absolute terms.
    """

    symbol: str
    name: str
    venue: Venue
    unit: str
    quantity_unit: str
    lot: float
    tenors: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    can_be_negative: bool = False

    @property
    def currency(self) -> str | None:
        """ISO currency of a price; None for an index."""
        currency, slash, _ = self.unit.partition("/")
        return currency if slash else None

    @property
    def calendar(self) -> str:
        """Whose business days the price is made on."""
        return "london" if self.venue in ("LME", "LBMA", "ECB") else "new_york"


def _lme(symbol: str, name: str, lot: float, *aliases: str) -> Instrument:
    return Instrument(symbol, name, "LME", "USD/t", "t", lot, ("3m", "cash"), (name, f"lme {name}", *aliases))


def _auction(symbol: str, name: str, *tenors: str) -> Instrument:
    return Instrument(symbol, f"{name}, London auction", "LBMA", "USD/oz", "oz", 1.0, tenors, (f"lbma {name}",))


def _currency(code: str, name: str) -> Instrument:
    return Instrument(code, name, "ECB", f"USD/{code}", code, 1.0, ("spot",))


INSTRUMENTS: tuple[Instrument, ...] = (
    _lme("CU", "copper", 25.0),
    _lme("AL", "aluminium", 25.0, "aluminum", "AH"),
    _lme("ZN", "zinc", 25.0),
    _lme("NI", "nickel", 6.0),
    _lme("PB", "lead", 25.0),
    _lme("SN", "tin", 5.0),
    _auction("AU-LBMA", "gold", "pm", "am"),
    _auction("AG-LBMA", "silver", "noon"),
    _auction("PT-LBMA", "platinum", "pm", "am"),
    _auction("PD-LBMA", "palladium", "pm", "am"),
    Instrument("GC", "gold", "COMEX", "USD/oz", "oz", 100.0, ("front",), ("gold", "GC=F", "XAU", "AU")),
    Instrument("SI", "silver", "COMEX", "USD/oz", "oz", 5000.0, ("front",), ("silver", "SI=F", "XAG", "AG")),
    Instrument("HG", "COMEX copper", "COMEX", "USD/lb", "lb", 25000.0, ("front",), ("HG=F", "comex copper")),
    Instrument("PL", "platinum", "NYMEX", "USD/oz", "oz", 50.0, ("front",), ("platinum", "PL=F", "XPT")),
    Instrument("PA", "palladium", "NYMEX", "USD/oz", "oz", 100.0, ("front",), ("palladium", "PA=F", "XPD")),
    Instrument("CL", "WTI crude futures", "NYMEX", "USD/bbl", "bbl", 1000.0, ("front",), ("CL=F",), can_be_negative=True),
    Instrument("WTI", "WTI crude spot", "EIA", "USD/bbl", "bbl", 1000.0, ("spot",), (), can_be_negative=True),
    Instrument("BRENT", "Brent crude spot", "EIA", "USD/bbl", "bbl", 1000.0, ("spot",), (), can_be_negative=True),
    Instrument("HH", "Henry Hub gas spot", "EIA", "USD/MMBtu", "MMBtu", 10000.0, ("spot",), ("henry hub",), can_be_negative=True),
    Instrument("VIX", "VIX index", "CBOE", "index points", "index points", 1.0, ("spot",), ()),
    _currency("EUR", "euro"),
    _currency("GBP", "pound sterling"),
    _currency("JPY", "yen"),
    _currency("CHF", "Swiss franc"),
    _currency("AUD", "Australian dollar"),
    _currency("CAD", "Canadian dollar"),
    _currency("CNY", "renminbi"),
    _currency("ZAR", "rand"),
    _currency("BRL", "real"),
    _currency("MXN", "Mexican peso"),
    _currency("INR", "rupee"),
    _currency("KRW", "won"),
)
NEARBY = ("front", "spot", "cash")
"""Words for the nearest delivery, interchangeable for an instrument that is quoted for one tenor only."""


@cache
def _by_name() -> dict[str, Instrument]:
    return {name.casefold(): item for item in INSTRUMENTS for name in (item.symbol, *item.aliases)}


def find(name: str) -> Instrument | None:
    """The instrument called `name` in a file or a deal (symbol or alias, case ignored), or None when it is not ours."""
    return _by_name().get(" ".join(name.split()).casefold())


def find_tenor(instrument: Instrument, tenor: str) -> str | None:
    """The tenor as `instrument` quotes it, or None: a one-tenor instrument answers to any word for the nearby delivery."""
    word = tenor.strip().casefold()
    if word in instrument.tenors:
        return word
    return instrument.tenors[0] if len(instrument.tenors) == 1 and word in NEARBY else None


def lme_metals() -> tuple[Instrument, ...]:
    """The LME base metals, in the order the desk reads them."""
    return tuple(item for item in INSTRUMENTS if item.venue == "LME")
