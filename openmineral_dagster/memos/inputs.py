"""What a memo is written from: the night's tables and the deal's descriptive fields, and the rows a memo picks from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from openmineral_dagster.compliance.rules import overall
from openmineral_dagster.compliance.screening import SEVERITY, Outcome
from openmineral_dagster.market.freshness import business_days_between
from openmineral_dagster.memos.decision import NOMINAL_COVERAGE
from openmineral_dagster.reference.instruments import Instrument, find

Row = dict[str, Any]
LOW, MIDDLE, HIGH = 0.05, 0.50, 0.95
"""Quantiles a memo shows."""
LONG_HORIZON = 21
WHOLE_BOOK = "ALL"
LEGS, PAYABLE = ("buy", "sell"), "payable."


@dataclass(frozen=True)
class MemoInputs:
    """One deal and the night it is judged on.

    Attributes:
        sample_data: whether everything comes from the bundled sample.
        counterparties: leg ("buy", "sell") -> name, printed only where a compliance finding has it as its subject.
        incoterms: leg -> Incoterm.
        open_prices: whether the deal leaves a price open.
        terms, valuation, findings: `deals.terms`, `deals.valuation`, `compliance.findings`; other deals are ignored.
        marks: `market.marks`.
        price_distribution, scorecard, var, increments, freshness: the night's tables.
    """

    deal_id: str
    deal_hash: str
    as_of: date
    sample_data: bool
    counterparties: Mapping[str, str]
    incoterms: Mapping[str, str]
    open_prices: bool
    terms: pl.DataFrame
    valuation: pl.DataFrame
    findings: pl.DataFrame
    marks: pl.DataFrame
    price_distribution: pl.DataFrame
    scorecard: pl.DataFrame
    var: pl.DataFrame
    increments: pl.DataFrame
    freshness: pl.DataFrame

    @property
    def identity(self) -> Row:
        """The key of the deal's memo."""
        return {"deal_id": self.deal_id, "deal_hash": self.deal_hash, "as_of_date": self.as_of}

    def metals(self) -> list[str]:
        """The metals the deal is paid for, the most valuable first."""
        paid = [row for leg in LEGS for row in self.lines(leg) if row["line"].startswith(PAYABLE)]
        ranked = sorted(paid, key=lambda row: (-(row["amount_usd"] or 0), row["line"]))
        return list(dict.fromkeys(row["line"].removeprefix(PAYABLE) for row in ranked))

    def instruments(self) -> dict[str, Instrument]:
        """The metals that are priced series of ours, the most valuable first."""
        return {metal: item for metal in self.metals() if (item := find(metal))}

    def unpriced_metals(self) -> bool:
        """Whether the deal is paid for a metal without a priced series of ours."""
        return len(self.instruments()) < len(self.metals())

    def terms_row(self) -> Row | None:
        """The deal's row of `deals.terms`."""
        return next(iter(_rows(self.terms.filter(**self.identity))), None)

    def lines(self, leg: str) -> list[Row]:
        """Valuation rows of a leg, by line."""
        own = self.valuation.filter(**self.identity, leg=leg)
        return _rows(own.sort("line"))

    def line(self, leg: str, name: str) -> Row | None:
        """One valuation row."""
        return next((row for row in self.lines(leg) if row["line"] == name), None)

    def amount(self, leg: str, name: str) -> Decimal | None:
        """Amount of one valuation row in USD; None where the row or its amount is missing."""
        row = self.line(leg, name)
        return row["amount_usd"] if row else None

    def rate(self, *names: str) -> Decimal | None:
        """The rate on the first of these lines the deal as a whole has; None where it has none of them."""
        rows = filter(None, (self.line("deal", name) for name in names))
        return next((row["quantity"] for row in rows), None)

    def judged(self) -> list[Row]:
        """The deal's findings, the most severe first."""
        own = _rows(self.findings.filter(deal_id=self.deal_id, as_of_date=self.as_of).sort("rule_id", "subject"))
        return sorted(own, key=lambda row: -SEVERITY[row["outcome"]])

    def compliance(self) -> Outcome:
        """The worst outcome of the findings; a deal nobody judged waits for review."""
        return overall(self.findings.filter(deal_id=self.deal_id, as_of_date=self.as_of))

    def last_prices(self, symbol: str) -> list[Row]:
        """The last price of each tenor of an instrument."""
        return _rows(self.marks.filter(instrument=symbol, as_of_date=self.as_of).sort("tenor"))

    def champion(self, symbol: str, horizon: int) -> dict[float, Row]:
        """Champion rows of an instrument by quantile, at its cash tenor where that is forecast."""
        rows = _rows(
            self.price_distribution.filter(
                pl.col("champion"), instrument=symbol, horizon_days=horizon, as_of_date=self.as_of
            ).sort("tenor", "quantile")
        )
        tenors = sorted({row["tenor"] for row in rows}, key=lambda tenor: (tenor != "cash", tenor))
        return {row["quantile"]: row for row in rows if row["tenor"] == tenors[0]}

    def record(self, forecast: Row) -> Row | None:
        """The scorecard row of the model behind a forecast row."""
        key = {name: forecast[name] for name in ("model", "information", "instrument", "tenor", "horizon_days")}
        return next(iter(_rows(self.scorecard.filter(as_of_date=self.as_of, **key))), None)

    def book_risk(self, confidence: float) -> list[Row]:
        """Published VaR rows of the whole book at a level, by horizon."""
        own = self.var.filter(pl.col("published"), portfolio=WHOLE_BOOK, confidence=confidence, as_of_date=self.as_of)
        return _rows(own.sort("horizon_days"))

    @property
    def increment(self) -> Row | None:
        """What the deal adds to the risk of the book; None where it leaves no price open or that was not measured."""
        found = _rows(self.increments.filter(deal_id=self.deal_id, deal_hash=self.deal_hash, as_of_date=self.as_of))
        return found[0] if found else None

    @property
    def incremental_var_ok(self) -> bool | None:
        """Whether the book with the deal keeps its limit; None where that was not measured."""
        return self.increment["within_limit"] if self.increment else None

    def sources(self) -> list[Row]:
        """Freshness of the sources the deal's prices come from."""
        used = {row["source"] for item in self.instruments().values() for row in self.last_prices(item.symbol)}
        return _rows(self.freshness.filter(pl.col("source").is_in(sorted(used)), as_of_date=self.as_of).sort("source"))

    def oldest_price_age(self) -> int | None:
        """London business days since the oldest of the latest prices; None where a metal of the deal has no price."""
        held = [self.last_prices(item.symbol) for item in self.instruments().values()]
        if not held or not all(held) or self.unpriced_metals():
            return None
        ages = [business_days_between(max(row["price_date"] for row in rows), self.as_of) for rows in held]
        return max(*ages, *(row["business_days_old"] for row in self.sources()), 0)

    def unusual_move(self) -> bool:
        """Whether a last price of the deal's metals moved far beyond what its series usually does."""
        return any(row["unusual_move"] for item in self.instruments().values() for row in self.last_prices(item.symbol))

    def widest_miss(self) -> float | None:
        """Coverage of the long-horizon champion range that is farthest from what it promises; None without a record."""
        rows = [self.champion(item.symbol, LONG_HORIZON).get(LOW) for item in self.instruments().values()]
        records = [self.record(row) for row in rows if row]
        coverages = [record["coverage_90"] for record in records if record]
        return max(coverages, key=lambda coverage: abs(coverage - NOMINAL_COVERAGE), default=None)

    def completeness(self) -> float:
        """Share of the inputs a full memo wants that are there."""
        wanted = [bool(self.judged()), self.amount("deal", "net_margin") is not None, bool(self.book_risk(0.99))]
        for metal in self.metals():
            instrument = find(metal)
            forecast = self.champion(instrument.symbol, LONG_HORIZON).get(LOW) if instrument else None
            wanted.append(bool(instrument and self.last_prices(instrument.symbol)))
            wanted += [forecast is not None, forecast is not None and self.record(forecast) is not None]
        return sum(wanted) / len(wanted)


def _rows(frame: pl.DataFrame) -> list[Row]:
    return frame.rows(named=True)
