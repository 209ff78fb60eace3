"""Deal files of our own, small enough to value by hand."""

CONCENTRATE = """
deal_id: ZN-1
traded_on: "2026-10-15"
material: zinc_concentrate
route: {origin: NO, destination: KR}
legs:
  buy:
    counterparty: {name: Fjord Mining AS, country: NO}
    incoterm: FOB
    quantity: {wmt: "1000", moisture_pct: "10"}
    assay: {zn_pct: "50", fe_pct: "9.5"}
    payables: &payables
      - {metal: zinc, assay: zn_pct, method: pct_min_deduction, pct: "85", deduction: "8"}
    treatment_charge:
      usd_per_dmt: "100"
      escalator:
        metal: zinc
        bands:
          - {above_usd: "3000", to_usd: "3200", add_per_usd: "0.10"}
          - {below_usd: "2500", subtract_per_usd: "0.02"}
    penalties:
      - {assay: fe_pct, threshold: "8", step: "1", usd_per_step: "2"}
    pricing: {zinc: {fixed_usd: "3100"}}
  sell:
    counterparty: {name: Example Zinc Ltd., country: KR}
    incoterm: CIF
    quantity: {wmt: "1000", moisture_pct: "10"}
    assay: {zn_pct: "50"}
    payables: *payables
    treatment_charge: {usd_per_dmt: "50"}
    pricing: {zinc: {fixed_usd: "3100"}}
costs:
  freight: {usd_per_wmt: "20", leg: buy}
  finance: {leg: buy, sofr_pct: "4", spread_pct: "2", days: "30"}
"""

CATHODE = """
deal_id: CU-1
traded_on: "2026-10-15"
material: refined
legs:
  sell:
    counterparty: {name: Example Kabel GmbH, country: DE}
    incoterm: DAP
    quantity: {t: "100"}
    pricing: {copper: {fixed_usd: "9000", premium_usd: "100", discount_pct: "1"}}
"""

OPEN = """
deal_id: CU-2
traded_on: "2026-11-02"
material: refined
legs:
  buy:
    counterparty: {name: Cobre Ejemplo SpA, country: CL}
    incoterm: FCA
    quantity: {t: "100"}
    pricing: {copper: {quotational_period: M, premium_usd: "50"}}
    shipment: "2026-11-10"
    arrival: "2026-12-05"
    payment: {provisional_pct: "90", provisional_days: 3, final_days: 10}
  sell:
    counterparty: {name: Example Kabel GmbH, country: DE}
    incoterm: DAP
    quantity: {t: "100"}
    pricing: {copper: {quotational_period: M+1, basis: arrival, premium_usd: "150"}}
    shipment: "2026-11-10"
    arrival: "2026-12-05"
    payment: {final_days: 5}
costs:
  destination: {eur_per_t: "14.00", leg: sell}
"""
"""Cathode bought over November and sold over January; nothing is fixed."""
