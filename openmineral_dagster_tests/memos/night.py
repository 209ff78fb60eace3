"""One small night for memo tests: every table a memo reads, for a fictional copper concentrate deal."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import polars as pl

from openmineral_dagster.lake.schema import Table, require_valid
from openmineral_dagster.lake.tables import (
    FINDINGS,
    FRESHNESS,
    INCREMENTS,
    MARKS,
    PRICE_DISTRIBUTION,
    SCORECARD,
    TERMS,
    VALUATION,
    VAR,
)
from openmineral_dagster.memos.inputs import MemoInputs
from openmineral_dagster.memos.writer import Memo, memo_row

AS_OF = date(2026, 10, 15)
SELLER, BUYER = "Minera Ejemplo S.A.", "Example Smelting Co. Ltd."
GATE = "replaced: quantile_network 90% coverage 0.71 over 300 nights"
LINES = (
    ("buy", "dmt", None, "9150", "dmt"),
    ("buy", "net", "27237342.64", None, None),
    ("buy", "payable.copper", "22892385.00", "2324.1", "t"),
    ("buy", "payable.gold", "3589459.80", "875.478", "oz"),
    ("buy", "price.copper", None, "9850", "USD/t"),
    ("sell", "net", "28074208.98", None, None),
    ("sell", "payable.copper", "22916185.76", "2319.452", "t"),
    ("sell", "payable.gold", "3582280.70", "873.727", "oz"),
    ("sell", "price.copper", None, "9880", "USD/t"),
    ("costs", "freight", "520000.00", None, None),
    ("costs", "finance", "223346.21", None, None),
    ("costs", "hedge_fees", "1674.00", None, None),
    ("costs", "total", "745020.21", None, None),
)


def _frame(table: Table, rows: list[dict[str, object]]) -> pl.DataFrame:
    return require_valid(pl.DataFrame(rows, schema=table.dtypes, infer_schema_length=None), table)


def _marks() -> pl.DataFrame:
    quoted = [
        ("CU", "cash", 9850.005, "USD/t", "lme"),
        ("CU", "3m", 9901.5, "USD/t", "lme"),
        ("GC", "front", 4100.25, "USD/oz", "comex"),
    ]
    names = ("instrument", "tenor", "price", "unit", "source")
    rows = [dict(zip(names, quote, strict=True)) for quote in quoted]
    return _frame(MARKS, [{**row, "as_of_date": AS_OF, "price_date": AS_OF, "unusual_move": False} for row in rows])


def _distribution() -> pl.DataFrame:
    return _frame(
        PRICE_DISTRIBUTION,
        [
            {
                "as_of_date": AS_OF,
                "instrument": symbol,
                "tenor": tenor,
                "horizon_days": horizon,
                "quantile": level,
                "log_return": (level - 0.5) / 10,
                "price": last * (1 + (level - 0.5) * horizon / 100),
                "model": "hist500",
                "model_version": "1",
                "information": "fix",
                "champion": True,
                "gate_status": GATE,
            }
            for symbol, tenor, last in (("CU", "3m", 9901.5), ("CU", "cash", 9850.0), ("GC", "front", 4100.25))
            for horizon in (1, 5, 21)
            for level in (0.05, 0.5, 0.95)
        ],
    )


def _scorecard() -> pl.DataFrame:
    scores = {
        "crps": 0.01,
        "crps_hist500": 0.01,
        "crps_ewma97": 0.01,
        "coverage_50": 0.5,
        "coverage_80": 0.8,
        "coverage_95": 0.95,
        "coverage_90_low": 0.87,
        "coverage_90_high": 0.93,
        "pinball": 0.004,
        "sharpness_90": 0.1,
        "pit_mean": 0.5,
        "pit_variance": 0.08,
        "mape": 0.01,
        "mape_no_change": 0.01,
        "r2": 0.0,
        "dm_t_hist500": 0.0,
        "dm_t_ewma97": 0.0,
        "trials": 16,
    }
    window = {"window_start": date(2025, 1, 2), "window_end": date(2026, 9, 15), "n": 430, "coverage_90": 0.8796}
    series = {"model": "hist500", "information": "fix", "as_of_date": AS_OF, "horizon_days": 21}
    rows = [{**series, **scores, **window, "instrument": s, "tenor": t} for s, t in (("CU", "cash"), ("GC", "front"))]
    return _frame(SCORECARD, rows)


def _var() -> pl.DataFrame:
    row = {
        "as_of_date": AS_OF,
        "portfolio": "ALL",
        "method": "historical_simulation",
        "confidence": 0.99,
        "margin": 1.0,
        "scenarios": 500,
        "published": True,
        "gate_status": "not examined: no backtest of this method is stored yet",
    }
    return _frame(VAR, [{**row, "horizon_days": days, "var_usd": 412345.5 * days, "es_usd": 512345.4 * days} for days in (1, 10)])


def increments(within: bool, limit: float | None = 1_500_000.0) -> pl.DataFrame:
    """What the open prices of the deal add to the book."""
    row = {
        "as_of_date": AS_OF,
        "deal_id": "CU-CONC-17",
        "deal_hash": "a1" * 32,
        "method": "average4_margin",
        "confidence": 0.99,
        "var_usd": 498765.4,
        "var_without_usd": 412345.5,
        "incremental_var_usd": 86419.9,
        "limit_usd": limit,
        "within_limit": within,
    }
    return _frame(INCREMENTS, [row])


def _freshness() -> pl.DataFrame:
    row = {"as_of_date": AS_OF, "last_date": AS_OF, "business_days_old": 0, "stale": False}
    return _frame(FRESHNESS, [{**row, "source": source} for source in ("lme", "comex", "cftc")])


def findings(*judged: tuple[str, str, str], deal_id: str = "CU-CONC-17") -> pl.DataFrame:
    """Findings of one deal from (rule, subject, outcome)."""
    return _frame(
        FINDINGS,
        [
            {
                "deal_id": deal_id,
                "as_of_date": AS_OF,
                "rule_id": rule,
                "subject": subject,
                "outcome": outcome,
                "score": 0.91,
                "reason": f"best match 0.91 on a list of 2026-10-14: {outcome}",
                "evidence": "{}",
                "list_version": "OFAC SDN 2026-10-14",
            }
            for rule, subject, outcome in judged
        ],
    )


def valuation(deal_id: str, margin: str | None, *without: str) -> pl.DataFrame:
    """Valuation rows of one deal, all but the lines named; without a margin only its sale is valued."""
    kept = [line for line in LINES if margin is not None or line[0] != "buy"]
    total = _margin_lines(Decimal(margin)) if margin else [("deal", "netback", "28000000.00", None, None)]
    return _frame(
        VALUATION,
        [
            {
                "deal_id": deal_id,
                "deal_hash": "a1" * 32,
                "as_of_date": AS_OF,
                "leg": leg,
                "line": line,
                "amount_usd": Decimal(amount) if amount else None,
                "quantity": Decimal(quantity) if quantity else None,
                "unit": unit,
            }
            for leg, line, amount, quantity, unit in [*kept, *total]
            if line not in without
        ],
    )


def _margin_lines(margin: Decimal) -> list[tuple[str, str, str | None, str | None, str | None]]:
    """The margin and its measures on 9,150 dry tonnes bought and 48 finance days."""
    cent, annual = Decimal("0.01"), margin / Decimal("27237342.64") * 36000 / 48
    return [
        ("deal", "net_margin", str(margin), None, None),
        ("deal", "net_margin_per_dmt", None, str((margin / 9150).quantize(cent)), "USD/dmt"),
        ("deal", "roi_annualised_pct", None, str(annual.quantize(cent)), "percent/year"),
        ("deal", "break_even_sell_treatment_charge", None, "-30.67", "USD/dmt"),
        ("deal", "break_even_freight", None, "55.95", "USD/wmt"),
    ]


def terms(deal_id: str, material: str = "copper_concentrate") -> pl.DataFrame:
    """The `deals.terms` row of one deal."""
    row = {"deal_id": deal_id, "deal_hash": "a1" * 32, "as_of_date": AS_OF, "file": "deals/a.yaml", "traded_on": AS_OF}
    return _frame(TERMS, [{**row, "material": material, "terms": "deal_id: x"}])


def inputs(
    margin: str | None = "91846.43", seller: str = SELLER, deal_id: str = "CU-CONC-17", outcome: str = "pass"
) -> MemoInputs:
    """The deal on its night: two legs unless `margin` is None, all findings passing but one of `outcome`."""
    return MemoInputs(
        deal_id=deal_id,
        deal_hash="a1" * 32,
        as_of=AS_OF,
        sample_data=True,
        counterparties={"buy": seller, "sell": BUYER},
        incoterms={"buy": "FOB", "sell": "CIF"},
        open_prices=False,
        terms=terms(deal_id),
        valuation=valuation(deal_id, margin),
        findings=findings(("SAN-01", seller, outcome), ("SAN-01", BUYER, "pass"), ("CN-CU-01", "assay", "pass"), deal_id=deal_id),
        marks=_marks(),
        price_distribution=_distribution(),
        scorecard=_scorecard(),
        var=_var(),
        increments=INCREMENTS.empty(),
        freshness=_freshness(),
    )


def approvable(**changes: object) -> MemoInputs:
    """A deal that clears every hurdle, with fields changed."""
    return replace(inputs(margin="500000.00"), **changes)


class Publication:
    """The night's tables in DuckDB, as a reader of the publication finds them."""

    def __init__(self, given: MemoInputs, memo: Memo) -> None:
        self.connection = duckdb.connect()
        frames = {
            TERMS.name: given.terms,
            VALUATION.name: given.valuation,
            FINDINGS.name: given.findings,
            MARKS.name: given.marks,
            PRICE_DISTRIBUTION.name: given.price_distribution,
            SCORECARD.name: given.scorecard,
            VAR.name: given.var,
            INCREMENTS.name: given.increments,
            FRESHNESS.name: given.freshness,
            "memos.memos": memo_row(given, memo),
        }
        for name, frame in frames.items():
            self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.')[0]}")
            self.connection.register("held", frame.to_arrow())
            self.connection.execute(f"CREATE TABLE {name} AS SELECT * FROM held")

    def select(self, table: str, column: str, row: dict[str, object]) -> object:
        """The one value a figure's source row selects, or None."""
        where = " AND ".join(f'"{name}" = ?' for name in row)
        found = self.connection.execute(f'SELECT "{column}" FROM {table} WHERE {where}', list(row.values())).fetchall()
        assert len(found) <= 1, f"{row} selects {len(found)} rows of {table}"
        return found[0][0] if found else None
