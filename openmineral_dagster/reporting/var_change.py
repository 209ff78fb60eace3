"""Why the book's value at risk is not what it was the night before, as far as the stored tables can tell."""

from dataclasses import dataclass

import polars as pl

from openmineral_dagster.reference.instruments import INSTRUMENTS
from openmineral_dagster.reporting.risk_tables import BOOK, HEADLINE, LINE, RiskTables, at_level, published

EXPOSURES, PRICES, VOLATILITY, OFFSETTING = "exposures", "prices", "volatility", "offsetting"
FACTORS = (EXPOSURES, PRICES, VOLATILITY, OFFSETTING)
MARKET, METHOD, REST = "exposures and market together", "method or gate", "not attributed"
_WITHOUT_RELATIVE_MOVES = [item.symbol for item in INSTRUMENTS if item.can_be_negative]

NO_NIGHT_BEFORE = "No published figure of the night before is stored: the change cannot be told."
NO_LINES = (
    "Contributions or exposures of one of the two nights are not stored: changed exposures and a changed market are one figure."
)
NO_OLD_METHOD = (
    "The method read the night before has no figure tonight: what changing it did cannot be told apart from the rest, "
    "nor the rest into its causes."
)
SCALED = (
    "The two nights' contributions are of different methods: tonight's were scaled to what the method of the night before "
    "says tonight."
)
TOGETHER = (
    "Volatility holds the new days of history and the changed estimate together; offsetting holds correlations and the "
    "mix of the book together: the tables do not keep them apart."
)


@dataclass(frozen=True)
class VarChange:
    """The change of the book's published one-day value at risk at 99 percent, losses positive, in USD.

    Attributes:
        before, after: published figures of the night before and of tonight; None where there is none.
        parts: what caused how much; adds up to `after - before`. Empty where either is missing.
        limits: what the tables cannot tell, a sentence each.
        lines: `LINE`, component_before, component_after, change: largest change first, of one method.
    """

    before: float | None
    after: float | None
    parts: dict[str, float]
    limits: tuple[str, ...]
    lines: pl.DataFrame

    @property
    def total(self) -> float | None:
        """Tonight's figure less that of the night before."""
        return None if self.before is None or self.after is None else self.after - self.before


def var_change(tables: RiskTables) -> VarChange:
    """The change split into exposures, prices, volatility, offsetting between lines, and method.

    Method or gate: tonight's published figure less what the method of the night before says tonight. The rest is split
    line by line over `risk.contributions` of both nights: a component is quantity x price x risk of the line per dollar
    x share of it that others do not offset, and the change of such a product is taken factor by factor at the mean of
    the other nights' factors (Bennet 1920), so that the parts add up.
    """
    now, then = _figure(tables.var), _figure(tables.var_before)
    if now is None or then is None:
        return VarChange(then and then[1], now and now[1], {}, (NO_NIGHT_BEFORE,) if then is None else (), _no_lines())
    (method, after), (old_method, before) = now, then
    same_method = after if method == old_method else _figure_of(tables.var, old_method)
    if same_method is None:
        return VarChange(before, after, {MARKET: after - before}, (NO_OLD_METHOD,), _no_lines())
    parts = {} if method == old_method else {METHOD: after - same_method}
    lines = _lines(tables, same_method / after if after else 1.0)
    if lines is None:
        return VarChange(before, after, {MARKET: same_method - before, **parts}, (NO_LINES,), _no_lines())
    split = {factor: float(lines[factor].sum()) for factor in FACTORS}
    rest = same_method - before - sum(split.values())
    left = {REST: rest} if abs(rest) >= 1.0 else {}
    said = (TOGETHER,) if method == old_method else (TOGETHER, SCALED)
    return VarChange(before, after, {**split, **parts, **left}, said, lines.select(_no_lines().columns))


def _figure(var: pl.DataFrame) -> tuple[str, float] | None:
    """Method and figure published for the book at the headline's level."""
    rows = at_level(published(var).filter(pl.col("portfolio") == BOOK), HEADLINE)
    return rows.select("method", "var_usd").row(0) if rows.height else None


def _figure_of(var: pl.DataFrame, method: str) -> float | None:
    wanted = (pl.col("portfolio") == BOOK) & (pl.col("method") == method) & (pl.col("horizon_days") == 1)
    rows = at_level(var.filter(wanted), HEADLINE)
    return float(rows["var_usd"].item()) if rows.height else None


def _no_lines() -> pl.DataFrame:
    figures = ("component_before", "component_after", "change")
    return pl.DataFrame(schema=dict.fromkeys(LINE, pl.String) | dict.fromkeys(figures, pl.Float64))


def _lines(tables: RiskTables, scale: float) -> pl.DataFrame | None:
    """Every line of the book on either night with what each factor changed; None where a night's are not stored."""
    now = _sized(tables.exposures, tables.contributions, scale)
    then = _sized(tables.exposures_before, tables.contributions_before, 1.0)
    if not (now.height and then.height):
        return None
    both = then.join(now, on=LINE, how="full", coalesce=True, suffix="_now").with_columns(pl.exclude(LINE).fill_null(0.0))
    split = both.with_columns(*_factors())
    return split.with_columns(
        component_before="component", component_after="component_now", change=pl.col("component_now") - pl.col("component")
    ).sort(pl.col("change").abs(), *LINE, descending=[True, False, False, False])


def _sized(exposures: pl.DataFrame, contributions: pl.DataFrame, scale: float) -> pl.DataFrame:
    """The book's lines with size, price and what each says of risk, the figures times `scale`."""
    held = exposures.filter(pl.col("portfolio") == BOOK).select(*LINE, "quantity", "price")
    risk = at_level(contributions.filter(pl.col("portfolio") == BOOK), HEADLINE)
    relative = ~pl.col("instrument").is_in(_WITHOUT_RELATIVE_MOVES)
    return risk.join(held, on=LINE).select(
        *LINE,
        "quantity",
        price=pl.when(relative).then("price").otherwise(1.0),
        alone=pl.col("standalone_var_usd") * scale,
        component=pl.col("component_var_usd") * scale,
    )


def _factors() -> list[pl.Expr]:
    """What each factor changed of a line's component; a line of one night only is exposure, all of it."""
    kept = pl.min_horizontal(pl.col("quantity").abs(), pl.col("quantity_now").abs()) > 0
    splits = kept & (pl.min_horizontal("alone", "alone_now", "price", "price_now") > 0)
    q, p, v, o = _mean_and_step("quantity"), _mean_and_step("price"), _risk_per_dollar(), _kept_share()
    per_unit = pl.col("component") / pl.col("quantity"), pl.col("component_now") / pl.col("quantity_now")
    change = pl.col("component_now") - pl.col("component")
    exposure = q[1] * _mean(*per_unit)
    market = change - exposure
    dollars = q[0] * p[1] * _mean(pl.col("component") / _value(""), pl.col("component_now") / _value("_now"))
    width = q[0] * p[0] * v[1] * o[0]
    return [
        pl.when(kept).then(exposure).otherwise(change).alias(EXPOSURES),
        pl.when(splits).then(dollars).otherwise(0.0).alias(PRICES),
        pl.when(splits).then(width).otherwise(0.0).alias(VOLATILITY),
        pl.when(splits).then(market - dollars - width).when(kept).then(market).otherwise(0.0).alias(OFFSETTING),
    ]


def _mean(then: pl.Expr, now: pl.Expr) -> pl.Expr:
    return (then + now) / 2


def _mean_and_step(name: str) -> tuple[pl.Expr, pl.Expr]:
    then, now = pl.col(name), pl.col(f"{name}_now")
    return _mean(then, now), now - then


def _value(night: str) -> pl.Expr:
    return pl.col(f"quantity{night}") * pl.col(f"price{night}")


def _risk_per_dollar() -> tuple[pl.Expr, pl.Expr]:
    """Mean and step of what a dollar of the line loses by itself."""
    then, now = (pl.col(f"alone{night}") / _value(night).abs() for night in ("", "_now"))
    return _mean(then, now), now - then


def _kept_share() -> tuple[pl.Expr, pl.Expr]:
    """Mean and step of the share of a line's own risk the book keeps, signed by the side it is held on."""
    then, now = (
        pl.col(f"component{night}") / pl.col(f"alone{night}") * pl.col(f"quantity{night}").sign() for night in ("", "_now")
    )
    return _mean(then, now), now - then
