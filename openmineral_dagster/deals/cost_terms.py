"""What a deal file may say of costs. Source: domain reference 1.4."""

from decimal import Decimal

from pydantic import model_validator

from openmineral_dagster.deals.fields import Days, LegName, Metal, NotNegative, Number, Percent, Positive, Terms


class QuantityCost(Terms):
    """A cost by quantity, as a lump sum, or as a share of a leg's gross value; parts add up.

    Euros are changed at `fx_usd` dollars each, or at the last ECB rate where the file states none.
    """

    leg: LegName
    usd: NotNegative | None = None
    usd_per_wmt: NotNegative | None = None
    usd_per_dmt: NotNegative | None = None
    usd_per_t: NotNegative | None = None
    eur_per_t: NotNegative | None = None
    fx_usd: Positive | None = None
    pct_of_gross: Percent | None = None

    @model_validator(mode="after")
    def _says_how_much(self) -> "QuantityCost":
        rates = {name for name, value in self if value is not None} - {"leg", "fx_usd"}
        if not rates:
            raise ValueError("an amount: usd, usd_per_wmt, usd_per_dmt, usd_per_t, eur_per_t or pct_of_gross")
        if self.eur_per_t is None and self.fx_usd is not None:
            raise ValueError("fx_usd only together with eur_per_t")
        return self


class Insurance(Terms):
    """Premium as a share of the sale's value, uplifted (110 percent under CIF)."""

    pct_of_sell: Percent
    uplift_pct: Positive = Decimal(110)


class Finance(Terms):
    """Simple interest, ACT/360, on a leg's net value or on an advance of its gross value."""

    leg: LegName
    sofr_pct: Number
    spread_pct: Number
    days: Days
    advance_pct_of_gross: Percent | None = None


class Warehouse(Terms):
    """Rent."""

    leg: LegName
    usd_per_t_per_day: NotNegative
    days: Days


class Hedge(Terms):
    """Futures against one leg's payable metal: fee a lot and slippage a tonne (or ounce)."""

    metal: Metal
    leg: LegName
    usd_per_lot_round_turn: NotNegative
    slippage_usd_per_t: NotNegative | None = None
    slippage_usd_per_oz: NotNegative | None = None


class Costs(Terms):
    """What the trader pays besides the goods."""

    inland_origin: QuantityCost | None = None
    loading: QuantityCost | None = None
    freight: QuantityCost | None = None
    discharge: QuantityCost | None = None
    inland_destination: QuantityCost | None = None
    destination: QuantityCost | None = None
    transport: QuantityCost | None = None
    inspection: QuantityCost | None = None
    assay_fee: QuantityCost | None = None
    insurance: Insurance | None = None
    finance: Finance | None = None
    warehouse: Warehouse | None = None
    hedge: Hedge | None = None
