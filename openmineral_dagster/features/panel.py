"""The daily panel: which series are forecast, and their features on every price date; the panel is the history's last row.

What each feature is stands in `declared.py`; where the values of other markets come from in `inputs.py` and `carried.py`.
"""

from collections.abc import Collection, Sequence
from datetime import date

import polars as pl

from openmineral_dagster.features.carried import after_the_fix, by_group, in_order, of_instrument, of_market
from openmineral_dagster.features.declared import BY_NAME, Feature, needed
from openmineral_dagster.features.inputs import SOURCES, Inputs
from openmineral_dagster.features.volatility import log_return
from openmineral_dagster.lake.schema import UTC_TIME
from openmineral_dagster.reference.instruments import INSTRUMENTS

MINIMUM_PRICES = 60
SERIES = ["instrument", "tenor"]
IDENTITY = [*SERIES, "as_of_date", "price_date", "price"]
NOT_FORECAST = ("VIX",)
"""An index of volatility reverts to its mean: a walk without drift describes prices, not it."""
SPREAD = "spread_cash_3m"


def _tenor_preference() -> pl.DataFrame:
    """Every series that may be forecast, with its rank among the tenors of its instrument."""
    rows = [
        (item.symbol, tenor, rank)
        for item in INSTRUMENTS
        if not item.can_be_negative and item.symbol not in NOT_FORECAST
        for rank, tenor in enumerate(item.tenors)
    ]
    return pl.DataFrame(rows, schema={"instrument": pl.String, "tenor": pl.String, "rank": pl.Int64}, orient="row")


def forecast_series(prices: pl.DataFrame) -> pl.DataFrame:
    """The price rows of each instrument that is forecast, in its forecast tenor: 3m for LME metals, else its first.

    Args:
        prices: what the night knew, one row a key: instrument, tenor, price_date, price.

    Left out: instruments whose price may be negative (a log return does not exist), VIX, and tenors with fewer than 60
    positive prices. Sorted by instrument, tenor, price_date.
    """
    return _forecast_rows(prices).select(*SERIES, "price_date", "price")


def long_enough_from(prices: pl.DataFrame) -> pl.Series:
    """Moments at which what is forecast may change: a tenor that may be chosen has 60 positive prices for the first time.

    Args:
        prices: any vintages: instrument, tenor, price_date, price, known_at.
    """
    first = prices.filter(pl.col("price") > 0).group_by(*SERIES, "price_date").agg(pl.col("known_at").min())
    known = first.join(_tenor_preference(), on=SERIES, how="semi").group_by(SERIES).agg(pl.col("known_at").sort())
    return known.select(pl.col("known_at").list.get(MINIMUM_PRICES - 1, null_on_oob=True)).to_series().drop_nulls()


def _forecast_rows(prices: pl.DataFrame) -> pl.DataFrame:
    """The rows of `forecast_series` with all their columns."""
    positive = prices.filter(pl.col("price") > 0)
    lengths = positive.group_by(SERIES).len().filter(pl.col("len") >= MINIMUM_PRICES)
    eligible = lengths.join(_tenor_preference(), on=SERIES)
    chosen = eligible.filter(pl.col("rank") == pl.col("rank").min().over("instrument"))
    ours = positive.join(chosen, on=SERIES, how="semi", maintain_order="left")
    return in_order(ours, [*SERIES, "price_date"])


def feature_history(inputs: Inputs | pl.DataFrame, names: Collection[str] | None = None) -> pl.DataFrame:
    """Features of every forecast series on every price date: the training input.

    Args:
        inputs: tables as one night knew them, or its prices alone.
        names: features wanted; all, in the columns of `features.daily_panel`, by default.

    `as_of_date` is the price date itself. A row depends on what was known at its fix, its `night` features on what was known
    by 23:00 London of its price date. An absent input leaves its features null.
    """
    known = inputs if isinstance(inputs, Inputs) else Inputs(inputs)
    return series_features(_forecast_rows(known.prices), known, names)


def daily_panel(inputs: Inputs | pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Features of each forecast series as the night of `as_of` knew them, conforming to `features.daily_panel`."""
    known = inputs if isinstance(inputs, Inputs) else Inputs(inputs)
    history = feature_history(known.known_by(as_of))
    return history.group_by(SERIES, maintain_order=True).last().select(history.columns).with_columns(as_of_date=pl.lit(as_of))


def series_features(rows: pl.DataFrame, inputs: Inputs, names: Collection[str] | None = None) -> pl.DataFrame:
    """The history of `rows`: the positive price rows of the series, one tenor an instrument, sorted by instrument and date.

    Args:
        rows: instrument, tenor, price_date, price; with `published_at` other markets are dated against it.
    """
    wanted = list(BY_NAME) if names is None else list(names)
    features = needed(wanted)
    base = _base(rows, inputs, features)
    parts = [base.lazy(), *_parts(base, features, inputs)]
    found = {name for part in parts for name in part.collect_schema().names()}
    absent = [pl.lit(None, dtype=pl.Float64).alias(feature.name) for feature in features if feature.name not in found]
    complete = pl.concat(parts, how="horizontal").with_columns(absent)
    return complete.with_columns(_columns(_from(features, "row"))).select(*IDENTITY, *wanted).collect()


def _from(features: Sequence[Feature], source: str) -> list[Feature]:
    return [feature for feature in features if feature.source == source]


def _columns(features: Sequence[Feature]) -> list[pl.Expr]:
    return [feature.expression.alias(feature.name) for feature in features]


def _base(rows: pl.DataFrame, inputs: Inputs, features: Sequence[Feature]) -> pl.DataFrame:
    """`rows` with what the expressions read: number of the series and of the row, log price, return, spread and moments."""
    first = (pl.col("series") != pl.col("series").shift(1)).fill_null(True)
    row = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    fix = pl.col("published_at") if "published_at" in rows.columns else pl.lit(None, dtype=UTC_TIME)
    base = (
        rows.lazy()
        .select(*SERIES, "price_date", "price", fix=fix, as_of_date="price_date", log_price=pl.col("price").log())
        .with_columns(series=pl.struct(SERIES).rle_id())
        .with_columns(
            return_1d=pl.when(~first).then(log_return(pl.col("price"))),
            previous_date=pl.when(~first).then(pl.col("price_date").shift(1)),
            history_rows=row - pl.when(first).then(row).forward_fill() + 1,
        )
    )
    if any(SPREAD in feature.expression.meta.root_names() for feature in features):
        base = pl.concat([base, _spreads(base, inputs.prices)], how="horizontal")
    return base.collect()


def _spreads(base: pl.LazyFrame, prices: pl.DataFrame) -> pl.LazyFrame:
    """Cash less 3m as a fraction of cash, a row a row of `base`; null where either is missing, positive in backwardation."""
    day = pl.col("series").cast(pl.Int64) * 2**32 + pl.col("price_date").cast(pl.Int64)
    numbers = base.filter(pl.col("tenor") == "3m").group_by("series").agg(pl.col("instrument").first())
    cash = (
        prices.lazy()
        .filter((pl.col("tenor") == "cash") & (pl.col("price") > 0))
        .join(numbers, on="instrument")
        .select(cash_day=day, cash="price")
        .sort("cash_day")
    )
    quoted = base.select("price", day=day).join_asof(cash, left_on="day", right_on="cash_day", coalesce=False)
    same_day = pl.when(pl.col("cash_day") == pl.col("day")).then(pl.col("cash"))
    return quoted.select(spread_cash_3m=1.0 - pl.col("price") / same_day)


def _parts(base: pl.DataFrame, features: Sequence[Feature], inputs: Inputs) -> list[pl.LazyFrame]:
    """The features of every source but the row itself, a frame a kind of source, each in the order of `base`.

    Null where a source is absent, or nothing can be dated against a fix.
    """
    own, after = (_from(features, name) for name in ("prices", "closes"))
    dated = base["fix"].null_count() < base.height
    present = {source: _from(features, name) for name, source in SOURCES.items() if dated and inputs.have(name)}
    present = {source: ours for source, ours in present.items() if ours}
    parts = [by_group(base.lazy(), "series", _columns(own)).drop("series")] if own else []
    parts += [of_instrument(base, source, ours, inputs) for source, ours in present.items() if source.by_instrument]
    market = {source: ours for source, ours in present.items() if not source.by_instrument}
    parts += [of_market(base, market, inputs)] if market else []
    parts += [after_the_fix(base, after, inputs)] if after and dated else []
    return parts
