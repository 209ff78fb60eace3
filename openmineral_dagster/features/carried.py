"""How values of other tables come to the price rows: the last day known at the fix, never a stale one."""

from collections.abc import Iterable, Mapping, Sequence

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


def of_instrument(rows: pl.DataFrame, source: Source, features: Sequence[Feature], inputs: Inputs) -> pl.LazyFrame:
    """The features of a source with rows of each instrument, for each of `rows` (series, instrument, fix), in their order."""
    numbers = rows.lazy().group_by("series").agg(pl.col("instrument").first())
    days = source.rows(inputs).join(numbers, on="instrument", maintain_order="left").drop("instrument").collect()
    ordered = in_order(days, ["series", "day"]).lazy()
    visible = by_group(ordered, "series", _computed(source, features)).pipe(_without_overtaken)
    return _as_known(rows.lazy().select("series", "fix"), visible, source, features, "series").select(_names(features))


def of_market(rows: pl.DataFrame, features: Mapping[Source, Sequence[Feature]], inputs: Inputs) -> pl.LazyFrame:
    """The features of the whole market's sources, for each of `rows` (fix), in their order."""
    moments = rows.lazy().select("fix").unique().drop_nulls().sort("fix")
    for source, ours in features.items():
        days = source.rows(inputs).sort("day").select(_computed(source, ours)).pipe(_without_overtaken)
        moments = _as_known(moments, days, source, ours)
    return looked_up(rows["fix"], moments.collect(), "fix")


def looked_up(keys: pl.Series, table: pl.DataFrame, key: str) -> pl.LazyFrame:
    """The row of `table`, sorted by its unique `key`, for each of `keys`, in their order; null where it has none.

    A left join that keeps the order of millions of rows takes five times as long.
    """
    place = table[key].search_sorted(keys)
    found = pl.when(table[key].gather(place.clip(upper_bound=max(table.height - 1, 0))) == keys).then(place)
    return table.lazy().drop(key).select(pl.all().gather(pl.select(found).to_series()))


def _names(features: Iterable[Feature]) -> list[str]:
    return [feature.name for feature in features]


def _computed(source: Source, features: Sequence[Feature]) -> list[pl.Expr]:
    """Of the source's own rows in date order: the features, with `available_N`, when the N rows they read were all known."""
    windows = sorted({feature.window for feature in features})
    values = [feature.expression.alias(feature.name) for feature in features]
    available = [_available(source, window).alias(f"available_{window}") for window in windows]
    later = pl.col("known_at").cum_min(reverse=True).shift(-1).alias("later_known_at")
    return [pl.col("day", "known_at"), *values, *available, later]


def _available(source: Source, window: int) -> pl.Expr:
    """When the last `window` rows were all known, in microseconds; null where they span more days than they should."""
    span = pl.col("day").cast(pl.Int32) - pl.col("day").cast(pl.Int32).shift(window - 1)
    return pl.when(span <= source.longest(window)).then(pl.col("known_at").cast(pl.Int64).rolling_max(window, min_samples=window))


def _without_overtaken(days: pl.LazyFrame) -> pl.LazyFrame:
    """Without days that were known only when a later one was: the rest are in the order of `known_at` too."""
    overtaken = (pl.col("later_known_at") <= pl.col("known_at")).fill_null(False)
    return days.filter(~overtaken).drop("later_known_at")


def _as_known(
    rows: pl.LazyFrame, days: pl.LazyFrame, source: Source, features: Sequence[Feature], by: str | None = None
) -> pl.LazyFrame:
    """`rows` (fix) in their order with the features of the last day known at the fix, where all they read was known then."""
    joined = rows.join_asof(days, left_on="fix", right_on="known_at", by=by, check_sortedness=False)
    fresh = pl.col("fix").dt.date().cast(pl.Int32) - pl.col("day").cast(pl.Int32) <= source.oldest_days
    fix = pl.col("fix").cast(pl.Int64)
    seen = [
        pl.when(fresh & (pl.col(f"available_{feature.window}") <= fix)).then(feature.name).alias(feature.name)
        for feature in features
    ]
    return joined.with_columns(seen).drop("day", "known_at", cs.starts_with("available_"), strict=False)


def after_the_fix(rows: pl.DataFrame, features: Sequence[Feature], inputs: Inputs) -> pl.LazyFrame:
    """Moves of other markets for each of `rows` (previous_date, price_date), in their order, as the night knew them."""
    from_to = pl.col("previous_date").cast(pl.Int64) * 2**32 + pl.col("price_date").cast(pl.Int64)
    both = rows.lazy().select("previous_date", "price_date", from_to=from_to)
    pairs = both.unique("from_to").drop_nulls().sort("from_to")
    for feature in features:
        market = closes(inputs, *CLOSES[feature.name.removeprefix("postfix_")])
        pairs = _with_move(pairs, market, feature.name)
    keys = both.select("from_to").collect().to_series()
    return looked_up(keys, pairs.select("from_to", *_names(features)).collect(), "from_to")


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
