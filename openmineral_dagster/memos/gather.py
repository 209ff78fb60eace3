"""From a night's deals and tables to what each memo is written from, and to all memos of the night."""

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from openmineral_dagster.compliance.names import display
from openmineral_dagster.deals.terms import Deal, deal_hash
from openmineral_dagster.lake.schema import require_valid
from openmineral_dagster.lake.tables import FIGURES, MEMOS
from openmineral_dagster.memos.inputs import MemoInputs
from openmineral_dagster.memos.writer import memo_row, write_memo


def write_all(
    deals: Iterable[Deal], tables: Mapping[str, pl.DataFrame], as_of: date, sample_data: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`memos.memos` and `memos.figures` of the night of `as_of`, a memo a deal.

    Args:
        tables: `terms`, `valuation`, `findings`, `marks`, `price_distribution`, `scorecard`, `var`, `increments` and `freshness`
            of the night.
        sample_data: whether everything comes from the bundled sample; the memos then say so.

    Raises:
        GroundingError: a figure of a memo cannot be followed to its row.
    """
    memos, figures = [MEMOS.empty()], [FIGURES.empty()]
    for deal in deals:
        inputs = gather(deal, tables, as_of, sample_data)
        memo = write_memo(inputs)
        memos.append(memo_row(inputs, memo))
        figures.append(memo.figures)
    return require_valid(pl.concat(memos), MEMOS), require_valid(pl.concat(figures), FIGURES)


def gather(deal: Deal, tables: Mapping[str, pl.DataFrame], as_of: date, sample_data: bool) -> MemoInputs:
    """The inputs of one deal's memo; `tables` as for `write_all`."""
    legs = deal.named_legs()
    return MemoInputs(
        deal_id=deal.deal_id,
        deal_hash=deal_hash(deal),
        as_of=as_of,
        sample_data=sample_data,
        counterparties={name: display(leg.counterparty.name) for name, leg in legs.items()},
        incoterms={name: leg.incoterm for name, leg in legs.items()},
        open_prices=any(pricing.fixed_usd is None for leg in legs.values() for pricing in leg.pricing.values()),
        **tables,
    )
