"""How values of other tables come to the price rows: the last day known at the fix, never a stale one."""

from collections.abc import Iterable, Sequence

import polars as pl
import polars.selectors as cs

from openmineral_dagster.features.declared import CLOSES, Feature
from openmineral_dagster.features.inputs import Inputs, Source, closes
from openmineral_dagster.reference.calendars import NIGHT_ENDS

OLDEST_CLOSE_DAYS = 4
"""A close before the previous price date by more than this is not the one the desk had seen that night."""
LONGEST_MOVE_DAYS, MOVE_ROWS = 14, 12
"""A move over more calendar days is not that of one price row; there are never more closes in them."""


def in_order(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """`frame` sorted by `keys`; as it is where it is sorted already, as tables of the lake are."""
    same, wrong = pl.lit(True), pl.lit(False)
    for key in map(pl.col, keys):
        wrong = wrong | (same & (key < key.shift(1)))
        same = same & (key == key.shift(1))
    return frame.sort(keys) if frame.select(wrong.any()).item() else frame


def by_group(rows: pl.LazyFrame, key: str, columns: Sequence[pl.Expr | str]) -> pl.LazyFrame:
    """`columns` computed within each run of `key`, in the order of the rows: several times as fast as windows on each of them."""
    grouped = rows.group_by(key, maintain_order=True).agg(columns)
    return grouped.explode(cs.exclude(key))


def of_source(rows: pl.DataFrame, source: Source, features: Sequence[Feature], inputs: Inputs) -> pl.LazyFrame:
    """The features of one source for each of `rows` (instrument, price_date, fix), in their order."""
    if source.by_instrument:
        keys = rows.lazy().select("instrument", "price_date", "fix")
        return _as_known(keys, _visible(source, features, inputs), source, features)
    moments = rows.lazy().select("price_date", "fix").unique().sort("fix")
    known = _as_known(moments, _visible(source, features, inputs), source, features, keep=("price_date", "fix"))
    joined = rows.lazy().select("price_date", "fix").join(known, on=["price_date", "fix"], how="left", maintain_order="left")
    return joined.select(_names(features))


def _names(features: Iterable[Feature]) -> list[str]:
    return [feature.name for feature in features]


def _visible(source: Source, features: Sequence[Feature], inputs: Inputs) -> pl.LazyFrame:
    """The features on the source's own rows, with `available_N`: when the N rows they read were all known.

    Left out are days that were known only when a later one was. Null where rows are missing or not there yet.
    """
    windows = sorted({feature.window for feature in features})
    columns = [pl.col("day", "known_at"), *(feature.expression.alias(feature.name) for feature in features)]
    columns += [_available(source, window).alias(f"available_{window}") for window in windows]
    later = pl.col("known_at").cum_min(reverse=True).shift(-1).alias("later_known_at")
    order = ["instrument", "day"] if source.by_instrument else ["day"]
    rows = in_order(source.rows(inputs).collect(), order).lazy()
    computed = by_group(rows, "instrument", [*columns, later]) if source.by_instrument else rows.select(*columns, later)
    return computed.filter(pl.col("later_known_at").is_null() | (pl.col("known_at") < pl.col("later_known_at")))


def _available(source: Source, window: int) -> pl.Expr:
    """When the last `window` rows were all known, in microseconds; null where they span more days than they should."""
    span = pl.col("day").cast(pl.Int32) - pl.col("day").cast(pl.Int32).shift(window - 1)
    return pl.when(span <= source.longest(window)).then(pl.col("known_at").cast(pl.Int64).rolling_max(window, min_samples=window))


def _as_known(
    rows: pl.LazyFrame, visible: pl.LazyFrame, source: Source, features: Sequence[Feature], keep: Sequence[str] = ()
) -> pl.LazyFrame:
    """`rows` (fix, price_date) in their order, each with the features of the last day it knew, where all they read was known."""
    by = "instrument" if source.by_instrument else None
    joined = rows.join_asof(visible, left_on="fix", right_on="known_at", by=by, check_sortedness=False)
    fresh = (pl.col("price_date") - pl.col("day")).dt.total_days() <= source.oldest_days
    fix = pl.col("fix").cast(pl.Int64)
    seen = [
        pl.when(fresh & (pl.col(f"available_{feature.window}") <= fix)).then(feature.name).alias(feature.name)
        for feature in features
    ]
    return joined.select(*keep, *seen)


def after_the_fix(rows: pl.DataFrame, features: Sequence[Feature], inputs: Inputs) -> pl.LazyFrame:
    """Moves of other markets for each of `rows` (previous_date, price_date), in their order, as the night knew them."""
    both = ["previous_date", "price_date"]
    pairs = rows.lazy().select(both).unique().drop_nulls().sort("previous_date")
    for feature in features:
        market = closes(inputs, *CLOSES[feature.name.removeprefix("postfix_")])
        pairs = _with_move(pairs, market, feature.name)
    joined = rows.lazy().select(both).join(pairs, on=both, how="left", maintain_order="left")
    return joined.select(_names(features))


def _with_move(pairs: pl.LazyFrame, market: pl.DataFrame, name: str) -> pl.LazyFrame:
    """`pairs` with the log move from the close of their first date, or up to four days before it, to that of their second.

    Null where the market has no close of the second date by that night, where a price between is missing, and where one of
    them was known later.
    """
    levels = market.lazy().select(
        "day",
        level=pl.col("move").fill_null(0.0).cum_sum(),
        gaps=pl.col("move").is_null().cum_sum(),
        known=pl.col("known_at").cast(pl.Int64).rolling_max(MOVE_ROWS, min_samples=1),
    )
    at_close = pairs.join(levels, left_on="price_date", right_on="day", how="left", maintain_order="left")
    from_close = at_close.join_asof(
        levels.drop("known"), left_on="previous_date", right_on="day", suffix="_before", check_sortedness=False
    )
    days = pl.col("previous_date").cast(pl.Int32)
    fresh = (days - pl.col("day").cast(pl.Int32) <= OLDEST_CLOSE_DAYS) & (
        pl.col("price_date").cast(pl.Int32) - days <= LONGEST_MOVE_DAYS
    )
    known = pl.col("known") <= night_end_of(pl.col("price_date")).cast(pl.Int64)
    whole = pl.col("gaps") == pl.col("gaps_before")
    move = pl.when(fresh & known & whole).then(pl.col("level") - pl.col("level_before"))
    return from_close.with_columns(move.alias(name)).drop("level", "gaps", "known", "day", "level_before", "gaps_before")


def night_end_of(day: pl.Expr) -> pl.Expr:
    """23:00 London of a date, in UTC: `reference.calendars.night_end` as an expression."""
    clock = day.cast(pl.Datetime("us")) + pl.duration(hours=NIGHT_ENDS.hour, minutes=NIGHT_ENDS.minute)
    return clock.dt.replace_time_zone("Europe/London").dt.convert_time_zone("UTC")
