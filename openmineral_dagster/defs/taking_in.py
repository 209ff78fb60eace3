"""One deal file taken in between nights: valued, screened and written up as the nightly would, and published under its lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from openmineral_dagster.compliance.parties import facts_of
from openmineral_dagster.compliance.rules import evaluate
from openmineral_dagster.compliance.screening import Screener
from openmineral_dagster.deals.intake import DEALS_SOURCE, quarantined, terms_row, valued
from openmineral_dagster.deals.margins import margins
from openmineral_dagster.deals.remark import mark
from openmineral_dagster.deals.terms import Deal, deal_hash, parse_deal
from openmineral_dagster.defs.assets.memos import INPUTS
from openmineral_dagster.defs.assets.publication import counted, write_memos
from openmineral_dagster.defs.dealing import deals_before, markets, with_superseded
from openmineral_dagster.defs.gates import require_gates
from openmineral_dagster.defs.nightly import known
from openmineral_dagster.lake.publish import current, publish
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.lake.schema import Table
from openmineral_dagster.lake.tables import (
    FIGURES,
    FINDINGS,
    MEMOS,
    PRICE_DISTRIBUTION,
    QUARANTINE,
    RUNS,
    TERMS,
    VALUATION,
)
from openmineral_dagster.memos.gather import write_all
from openmineral_dagster.reference.errors import BadInput, UsageFault
from openmineral_dagster.sources import deal_files
from openmineral_dagster.sources.folder import landing_files
from openmineral_dagster.sources.sanctions import read_lists


@dataclass(frozen=True)
class TakenIn:
    """What came of a deal file: the night it was valued for, and the deal with the hash of its terms."""

    as_of: date
    deal: Deal
    digest: str
    result_usd: str


def take_in(root: DataRoot, file: str, today: date) -> TakenIn:
    """Value, screen and write up the deal of one file of the landing, and publish it beside the other deals of its night.

    Args:
        file: path inside the landing, such as deals/CU-1.yaml.

    The night is the last one published, or the day of the deal where it was traded since. That night is not whole yet:
    what reads other tables of it, forecast and memo, waits for the nightly.

    Raises:
        UsageFault: no night is published yet, so there is nothing to publish beside.
        BadInput: the file cannot be used; it is in quarantine then, and everything else as it was.
    """
    last = last_night(root)
    try:
        text = read_text(root.landing, file)
        deal = _deal_of(root, file, text, today)
        as_of = max(last, deal.traded_on)
        _require_own_id(root, deal, file, as_of)
        found = valued(deal, file, as_of, markets(root.lake))
    except BadInput as fault:
        refuse(root, last, file, fault)
        raise
    _publish(root, as_of, _write(root, deal, file, text, as_of))
    _clear(root, last, file)
    return TakenIn(as_of, deal, deal_hash(deal), str(found.result_usd))


def last_night(root: DataRoot) -> date:
    """The last night published whole.

    Raises:
        UsageFault: none is.
    """
    published = current(root.lake)
    if published is None or not published.nights:
        raise UsageFault(f"data root {root.path}: no night is published yet; the first nightly takes the deals in")
    return date.fromisoformat(published.nights[-1])


def read_text(landing: Path, file: str) -> str:
    """The text of a deal file.

    Raises:
        BadInput: it is gone, cannot be read, or is no text.
    """
    found = next((found for found in landing_files(landing) if found.file == file and not found.notice), None)
    if found is None:
        raise BadInput(file, "", "no file", "a file in the landing")
    return deal_files.read(file, found.content())


def _deal_of(root: DataRoot, file: str, text: str, today: date) -> Deal:
    deal = parse_deal(text, file)
    if deal.traded_on > today:
        raise BadInput(file, "traded_on", deal.traded_on, f"a day up to today, {today}: a deal is known from then on")
    return deal


def _require_own_id(root: DataRoot, deal: Deal, file: str, as_of: date) -> None:
    """Refuse an id that another file has which is still there."""
    held = root.lake.read_night(TERMS, as_of).filter(pl.col("deal_id") == deal.deal_id, pl.col("file") != file)["file"]
    if held.len() and (root.landing / held[0]).exists():
        raise BadInput(file, "deal_id", deal.deal_id, f"an id of its own; {held[0]} has this one")


def _write(root: DataRoot, deal: Deal, file: str, text: str, as_of: date) -> list[Table]:
    """Store the deal's rows of every table it has rows in; the tables."""
    lake, market = root.lake, markets(root.lake)
    previous, before = deals_before(lake, as_of)
    terms = pl.DataFrame([terms_row(deal, as_of, file, text)], schema=TERMS.dtypes, orient="row")
    rows: dict[Table, pl.DataFrame] = {TERMS: terms, **mark([deal], before, market, as_of, previous)}
    rows[VALUATION] = with_superseded(lake, as_of, rows[VALUATION])
    rows[FINDINGS] = evaluate(facts_of(deal), Screener(read_lists(*root.list_folders)), as_of)
    for table, own in rows.items():
        _put(root, table, deal, own, as_of)
    if as_of == last_night(root):
        rows |= _write_up(root, deal, as_of)
    return list(rows)


def _write_up(root: DataRoot, deal: Deal, as_of: date) -> Mapping[Table, pl.DataFrame]:
    """What the deal may make and its memo, from the tables of its night."""
    simulated, _ = margins([deal], markets(root.lake), root.lake.read_night(PRICE_DISTRIBUTION, as_of), as_of)
    tables = {name: known(root.lake, table, as_of) for name, table in INPUTS.items()}
    memos, figures = write_all([deal], tables, as_of, root.sample_data)
    rows = {**simulated, MEMOS: memos, FIGURES: figures}
    for table, own in rows.items():
        _put(root, table, deal, own, as_of)
    return rows


def _put(root: DataRoot, table: Table, deal: Deal, own: pl.DataFrame, as_of: date) -> None:
    """Store the deal's rows in place of those the night has of it."""
    others = root.lake.read_night(table, as_of).filter(pl.col("deal_id") != deal.deal_id)
    root.lake.write_night(table, as_of, pl.concat([others, own.select(others.columns)], how="vertical_relaxed"))


def refuse(root: DataRoot, night: date, file: str, fault: BadInput) -> None:
    """Put a file in quarantine, published at once; what is known of it by an earlier text stays as it was."""
    refused = quarantined([fault]).with_columns(as_of_date=pl.lit(night)).select(QUARANTINE.dtypes.names())
    root.lake.write_night(QUARANTINE, night, pl.concat([_others(root, night, file), refused]))
    _publish(root, night, [QUARANTINE])


def _clear(root: DataRoot, night: date, file: str) -> None:
    """Take a file that can be used out of quarantine."""
    others = _others(root, night, file)
    if others.height < root.lake.read_night(QUARANTINE, night).height:
        root.lake.write_night(QUARANTINE, night, others)
        _publish(root, night, [QUARANTINE])


def _others(root: DataRoot, night: date, file: str) -> pl.DataFrame:
    """The quarantine without one deal file."""
    return root.lake.read_night(QUARANTINE, night).filter((pl.col("source") != DEALS_SOURCE) | (pl.col("file") != file))


def _publish(root: DataRoot, as_of: date, tables: Sequence[Table]) -> None:
    """Publish the tables of a night; a whole one passes its gates first and is counted again."""
    touched = list(tables)
    if as_of == last_night(root):
        require_gates(root.lake, as_of)
        root.lake.write_night(RUNS, as_of, counted(root, as_of))
        write_memos(root.memos / as_of.isoformat(), root.lake.read_night(MEMOS, as_of))
        touched.append(RUNS)
    publish(root.lake, [as_of], root.sample_data, touched, of_whole_nights=True)
