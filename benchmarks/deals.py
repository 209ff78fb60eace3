"""Claims: deals are valued at 1,000 a second from terms to every line, and 100,000 outcomes of a deal take a second.

A deal of two legs with three metals, its charges, penalties and costs; valued with its break-evens and sensitivities as
`deal value --json` prints it, from terms that are read and from the file's text; then simulated with nothing fixed. One core.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.stats import norm

from openmineral_dagster.deals.quotes import Market
from openmineral_dagster.deals.simulation import OUTCOMES, simulate
from openmineral_dagster.deals.statement import as_json
from openmineral_dagster.deals.terms import parse_deal
from openmineral_dagster.deals.valuation import value_deal, value_in
from openmineral_dagster.lake.tables import FX, PRICE_DISTRIBUTION, PRICES
from openmineral_dagster.reference.calendars import is_business_day, night_end

AS_OF = date(2026, 11, 16)
ROUNDS = 1_000
DEAL = """
deal_id: CU-BENCH
traded_on: "2026-11-02"
material: copper_concentrate
legs:
  buy: &leg
    counterparty: {{name: Minera Ejemplo S.A., country: PE}}
    incoterm: FOB
    quantity: {{wmt: "10000", moisture_pct: "8.5"}}
    assay: {{cu_pct: "26.4", au_gpt: "3.2", ag_gpt: "85", as_pct: "0.38", bi_pct: "0.03", f_ppm: "420"}}
    payables:
      - {{metal: copper, assay: cu_pct, method: pct_min_deduction, pct: "96.5", deduction: "1.0"}}
      - {{metal: gold, assay: au_gpt, method: pct_if_above, tiers: [{{from: "1", pct: "90"}}, {{from: "3", pct: "93"}}]}}
      - {{metal: silver, assay: ag_gpt, method: pct_if_above, tiers: [{{from: "30", pct: "90"}}]}}
    treatment_charge: {{usd_per_dmt: "22"}}
    refining_charges: {{copper: {{usc_per_lb: "2.2"}}, gold: {{usd_per_oz: "5"}}, silver: {{usd_per_oz: "0.5"}}}}
    penalties:
      - {{assay: as_pct, threshold: "0.2", step: "0.1", usd_per_step: "3"}}
      - {{assay: bi_pct, threshold: "0.02", step: "0.01", usd_per_step: "3"}}
      - {{assay: f_ppm, threshold: "330", step: "100", usd_per_step: "1"}}
    pricing: {{copper: {{{copper}}}, gold: {{{gold}}}, silver: {{{silver}}}}}
    shipment: "2026-11-20"
    arrival: "2026-12-28"
  sell: *leg
costs:
  freight: {{usd_per_wmt: "52", leg: buy}}
  inspection: {{usd_per_wmt: "1.2", usd: "6000", leg: buy}}
  insurance: {{pct_of_sell: "0.1"}}
  finance: {{leg: buy, sofr_pct: "3.9", spread_pct: "2.25", days: "48"}}
  hedge: {{metal: copper, leg: buy, usd_per_lot_round_turn: "18", slippage_usd_per_t: "1.5"}}
"""
FIXED = DEAL.format(copper='fixed_usd: "9850"', gold='fixed_usd: "4100"', silver='fixed_usd: "52"')
OPEN = DEAL.format(**dict.fromkeys(("copper", "gold", "silver"), "quotational_period: M+1"))
SERIES = (("CU", "cash", 9850.0), ("CU", "3m", 9900.0), ("GC", "front", 4100.0), ("SI", "front", 52.0))


def market() -> Market:
    """A year of prices of the three metals."""
    days = [day for step in range(365) if is_business_day(day := AS_OF - timedelta(days=step))]
    random = np.random.default_rng(0)
    when = {day: night_end(day) for day in days}
    rows = [
        (*series, day, price * float(np.exp(random.normal(0, 0.01))), "USD", "USD", "made up", when[day], when[day], "rule")
        for *series, price in SERIES
        for day in days
    ]
    return Market(pl.DataFrame(rows, schema=PRICES.dtypes, orient="row"), FX.empty(), AS_OF)


def ranges() -> pl.DataFrame:
    """Champion ranges of the three metals."""
    levels = (0.01, 0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975, 0.99)
    rows = [
        (AS_OF, symbol, tenor, days, level, 0.012 * days**0.5 * norm.ppf(level), price, "walk", "1", "night", True, "")
        for symbol, tenor, price in SERIES
        for days in (1, 5, 21)
        for level in levels
    ]
    return pl.DataFrame(rows, schema=PRICE_DISTRIBUTION.dtypes, orient="row")


def rate(work: Callable[[], object]) -> float:
    """How often in a second of one processor, whatever else the machine does."""
    started = time.process_time()
    for _ in range(ROUNDS):
        work()
    return ROUNDS / (time.process_time() - started)


def valued_and_printed(text: str) -> object:
    """What `deal value --json` does between reading the file and printing."""
    return as_json(value_deal(parse_deal(text, "deal.yaml")))


def main() -> None:
    """Run and print."""
    deal, known, forecast = parse_deal(FIXED, "deal.yaml"), market(), ranges()
    print(f"net margin alone: {rate(lambda: value_deal(deal).net_margin):,.0f} deals a second")
    print(f"every line, break-evens and sensitivities: {rate(lambda: as_json(value_deal(deal))):,.0f} deals a second")
    print(f"the same from the file's text: {rate(lambda: valued_and_printed(FIXED)):,.0f} deals a second")
    unfixed = parse_deal(OPEN, "deal.yaml")
    opened = rate(lambda: as_json(value_in(unfixed, lambda day: known, AS_OF)))
    print(f"from terms with six prices open: {opened:,.0f} deals a second")
    valued = value_in(unfixed, lambda day: known, AS_OF)
    simulate(valued, known, forecast)
    started = time.process_time()
    found = simulate(valued, known, forecast)
    print(f"{OUTCOMES:,} outcomes with {len(found.alone)} factors, each alone besides: {time.process_time() - started:.2f} s")


if __name__ == "__main__":
    main()
