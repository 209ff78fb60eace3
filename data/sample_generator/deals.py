"""The sample's seven deals, fictional throughout: two to approve, one to renegotiate, three to hold and one to decline."""

from pathlib import Path

from sample_generator.files import write_text

DEALS = {
    "CU-CONC-201": """\
# Copper concentrate bought FOB, sold CIF to a smelter that is short of feed. Numbers are decimal strings.
deal_id: CU-CONC-201
traded_on: "2026-10-27"
material: copper_concentrate
route: {origin: CL, load_port: Antofagasta, discharge_port: Onsan, destination: KR}
legs:
  buy:
    counterparty: {name: Compania Minera Quebrada Lenta SpA, country: CL}
    incoterm: FOB
    quantity: {wmt: "5000", moisture_pct: "8.80"}
    assay: {cu_pct: "27.20", au_gpt: "1.40", ag_gpt: "62", as_pct: "0.12", bi_pct: "0.015", f_ppm: "260", hg_ppm: "3"}
    payables: &payables
      - {metal: copper, assay: cu_pct, method: pct_min_deduction, pct: "96.5", deduction: "1.0"}
      - {metal: gold, assay: au_gpt, method: pct_if_above, tiers: [{from: "1", pct: "90"}, {from: "3", pct: "93"}]}
      - {metal: silver, assay: ag_gpt, method: pct_if_above, tiers: [{from: "30", pct: "90"}]}
    treatment_charge: {usd_per_dmt: "5.00"}
    refining_charges: {copper: {usc_per_lb: "0.50"}, gold: {usd_per_oz: "5.00"}, silver: {usd_per_oz: "0.45"}}
    penalties: &penalties
      - {assay: as_pct, threshold: "0.20", step: "0.10", usd_per_step: "3.00"}
      - {assay: f_ppm, threshold: "330", step: "100", usd_per_step: "1.00"}
    pricing:
      copper: {reference: LME cash settlement, quotational_period: M+1, fixed_usd: "9790.00"}
      gold: {reference: LBMA gold PM, quotational_period: M+1, fixed_usd: "4080.00"}
      silver: {reference: LBMA silver, quotational_period: M+1, fixed_usd: "51.50"}
  sell:
    counterparty: {name: Haneul Bay Copper Refinery Co. Ltd., country: KR}
    incoterm: CIF
    quantity: {wmt: "4990", moisture_pct: "8.80"}
    assay: {cu_pct: "27.20", au_gpt: "1.40", ag_gpt: "62", as_pct: "0.12", bi_pct: "0.015", f_ppm: "260", hg_ppm: "3"}
    payables: *payables
    treatment_charge: {usd_per_dmt: "-68.00"}
    refining_charges: {copper: {usc_per_lb: "-6.80"}, gold: {usd_per_oz: "4.50"}, silver: {usd_per_oz: "0.40"}}
    penalties: *penalties
    pricing:
      copper: {reference: LME cash settlement, quotational_period: M+3, fixed_usd: "9815.00"}
      gold: {reference: LBMA gold PM, quotational_period: M+3, fixed_usd: "4080.00"}
      silver: {reference: LBMA silver, quotational_period: M+3, fixed_usd: "51.50"}
costs:
  freight: {usd_per_wmt: "46.00", leg: buy}
  inspection: {usd_per_wmt: "1.10", usd: "5500", leg: buy}
  insurance: {pct_of_sell: "0.09", uplift_pct: "110"}
  finance: {leg: buy, sofr_pct: "3.90", spread_pct: "2.10", days: 45}
  hedge: {metal: copper, leg: buy, usd_per_lot_round_turn: "18.00", slippage_usd_per_t: "1.50"}
""",
    "ZN-SHG-202": """\
# Refined zinc, 24 LME lots, from a smelter's gate to a galvaniser.
deal_id: ZN-SHG-202
traded_on: "2026-11-04"
material: refined
route: {origin: KZ, load_port: Poti, discharge_port: Antwerp, destination: BE}
legs:
  buy:
    counterparty: {name: Altyn Steppe Zinc Works, country: KZ}
    incoterm: FCA
    quantity: {t: "600"}
    pricing:
      zinc: {reference: LME cash settlement, quotational_period: M+1, fixed_usd: "3020.00", premium_usd: "140.00"}
  sell:
    counterparty: {name: Waterlinde Verzinkerij NV, country: BE}
    incoterm: DAP
    quantity: {t: "600"}
    pricing:
      zinc: {reference: LME cash settlement, quotational_period: M+2, fixed_usd: "3034.00", premium_usd: "264.00"}
costs:
  inland_origin: {usd_per_t: "18.00", leg: buy}
  freight: {usd_per_t: "52.00", leg: buy}
  insurance: {pct_of_sell: "0.08", uplift_pct: "110"}
  finance: {leg: buy, sofr_pct: "3.90", spread_pct: "2.10", days: 30}
  hedge: {metal: zinc, leg: buy, usd_per_lot_round_turn: "18.00", slippage_usd_per_t: "1.25"}
""",
    "PB-CONC-203": """\
# Lead-silver concentrate: freight eats nearly all of the margin, and discharge is listed though CIF leaves it to the buyer.
deal_id: PB-CONC-203
traded_on: "2026-11-10"
material: lead_concentrate
route: {origin: MX, load_port: Manzanillo, discharge_port: Burgas, destination: BG}
legs:
  buy:
    counterparty: {name: Minas del Cerro Callado S.A. de C.V., country: MX}
    incoterm: FOB
    quantity: {wmt: "1800", moisture_pct: "7.5"}
    assay: {pb_pct: "57.00", ag_gpt: "1240", as_sb_pct: "0.45", zn_pct: "5.4"}
    payables: &payables
      - {metal: lead, assay: pb_pct, method: pct_min_deduction, pct: "95", deduction: "3.0"}
      - {metal: silver, assay: ag_gpt, method: pct_min_deduction, pct: "95", deduction: "50"}
    treatment_charge: {usd_per_dmt: "55.00"}
    refining_charges: {silver: {usd_per_oz: "1.10"}}
    penalties: &penalties
      - {assay: as_sb_pct, threshold: "0.50", step: "0.10", usd_per_step: "2.00"}
      - {assay: zn_pct, threshold: "5.0", step: "1", usd_per_step: "1.50"}
    pricing:
      lead: {reference: LME cash settlement, quotational_period: M+1, fixed_usd: "1975.00"}
      silver: {reference: LBMA silver, quotational_period: M+1, fixed_usd: "51.80"}
  sell:
    counterparty: {name: Rodopi Vale Lead Smelting AD, country: BG}
    incoterm: CIF
    quantity: {wmt: "1797", moisture_pct: "7.5"}
    assay: {pb_pct: "57.00", ag_gpt: "1240", as_sb_pct: "0.45", zn_pct: "5.4"}
    payables: *payables
    treatment_charge: {usd_per_dmt: "-48.00"}
    refining_charges: {silver: {usd_per_oz: "0.70"}}
    penalties: *penalties
    pricing:
      lead: {reference: LME cash settlement, quotational_period: M+2, fixed_usd: "1984.00"}
      silver: {reference: LBMA silver, quotational_period: M+2, fixed_usd: "51.80"}
costs:
  freight: {usd_per_wmt: "75.50", leg: buy}
  discharge: {usd: "3000.00", leg: sell}
  inspection: {usd_per_wmt: "1.40", usd: "4200", leg: buy}
  insurance: {pct_of_sell: "0.10", uplift_pct: "110"}
  finance: {leg: buy, sofr_pct: "3.90", spread_pct: "2.25", days: 42}
  hedge: {metal: lead, leg: buy, usd_per_lot_round_turn: "18.00", slippage_usd_per_t: "1.00"}
""",
    "ZN-CONC-204": """\
# Zinc concentrate to a buyer whose name is one letter away from a listed one.
deal_id: ZN-CONC-204
traded_on: "2026-11-12"
material: zinc_concentrate
route: {origin: BO, load_port: Arica, discharge_port: Vlissingen, destination: NL}
legs:
  buy:
    counterparty: {name: Empresa Minera Laguna Parda S.R.L., country: BO}
    incoterm: FOB
    quantity: {wmt: "3000", moisture_pct: "8.5"}
    assay: {zn_pct: "50.40", ag_gpt: "132", fe_pct: "8.6", sio2_pct: "2.8", cd_pct: "0.22"}
    payables: &payables
      - {metal: zinc, assay: zn_pct, method: pct_min_deduction, pct: "85", deduction: "8.0"}
      - {metal: silver, assay: ag_gpt, method: deduction_then_pct, deduction: "93.3104304", pct: "70"}
    treatment_charge: {usd_per_dmt: "140.00"}
    penalties: &penalties
      - {assay: fe_pct, threshold: "8", step: "1", usd_per_step: "1.50"}
    pricing:
      zinc: {reference: LME cash settlement, quotational_period: M+1, fixed_usd: "3015.00"}
      silver: {reference: LBMA silver, quotational_period: M+1, fixed_usd: "51.80"}
  sell:
    counterparty: {name: Larkspur Meridiam Metals Ltd, country: CY}
    incoterm: CIF
    quantity: {wmt: "2994", moisture_pct: "8.5"}
    assay: {zn_pct: "50.40", ag_gpt: "132", fe_pct: "8.6", sio2_pct: "2.8", cd_pct: "0.22"}
    payables: *payables
    treatment_charge: {usd_per_dmt: "38.00"}
    penalties: *penalties
    pricing:
      zinc: {reference: LME cash settlement, quotational_period: M+2, fixed_usd: "3031.00"}
      silver: {reference: LBMA silver, quotational_period: M+2, fixed_usd: "51.80"}
costs:
  freight: {usd_per_wmt: "54.00", leg: buy}
  inspection: {usd_per_wmt: "1.20", usd: "4000", leg: buy}
  insurance: {pct_of_sell: "0.09", uplift_pct: "110"}
  finance: {leg: buy, sofr_pct: "3.90", spread_pct: "2.10", days: 40}
  hedge: {metal: zinc, leg: buy, usd_per_lot_round_turn: "18.00", slippage_usd_per_t: "1.25"}
""",
    "AU-DORE-205": """\
# Gold dore to a refiner: one leg valued on its own, so there is no margin to judge yet.
deal_id: AU-DORE-205
traded_on: "2026-11-17"
material: dore
route: {origin: PE, load_port: Lima airport, discharge_port: Zurich airport, destination: CH}
legs:
  sell:
    counterparty: {name: Bergtal Scheideanstalt AG, country: CH}
    incoterm: DAP
    quantity: {kg: "86.400", melt_loss_pct: "0.12"}
    assay: {au_pct: "79.300", ag_pct: "16.800"}
    payables:
      - {metal: gold, assay: au_pct, method: pct_of_contained, pct: "99.85"}
      - {metal: silver, assay: ag_pct, method: pct_of_contained, pct: "98.25"}
    refining_charges: {after_melt: {usd_per_oz: "0.55"}}
    pricing:
      gold: {reference: LBMA gold PM, quotational_period: M, fixed_usd: "4095.00", discount_pct: "0.12"}
      silver: {reference: LBMA silver, quotational_period: M, fixed_usd: "51.90"}
costs:
  transport: {pct_of_gross: "0.13", leg: sell}
  assay_fee: {usd: "420.00", leg: sell}
  finance: {leg: sell, sofr_pct: "3.90", spread_pct: "2.10", days: 6, advance_pct_of_gross: "95"}
""",
    "CU-CATH-206": """\
# Copper cathode at a handsome premium, to a buyer that is listed.
deal_id: CU-CATH-206
traded_on: "2026-11-18"
material: refined
route: {origin: ZM, load_port: Dar es Salaam, discharge_port: Jebel Ali, destination: AE}
legs:
  buy:
    counterparty: {name: Kafulamba Copper Plc, country: ZM}
    incoterm: FCA
    quantity: {t: "400"}
    pricing:
      copper: {reference: LME cash settlement, quotational_period: M+1, fixed_usd: "9830.00", premium_usd: "60.00"}
  sell:
    counterparty: {name: Kestrel Hollow Metals FZE, country: AE}
    incoterm: CIF
    quantity: {t: "400"}
    pricing:
      copper: {reference: LME cash settlement, quotational_period: M+2, fixed_usd: "9852.00", premium_usd: "340.00"}
costs:
  inland_origin: {usd_per_t: "74.00", leg: buy}
  freight: {usd_per_t: "48.00", leg: buy}
  insurance: {pct_of_sell: "0.10", uplift_pct: "110"}
  finance: {leg: buy, sofr_pct: "3.90", spread_pct: "2.10", days: 38}
  hedge: {metal: copper, leg: buy, usd_per_lot_round_turn: "18.00", slippage_usd_per_t: "1.50"}
""",
    "CU-CONC-207": """\
# Copper concentrate afloat, nothing fixed: bought over November, sold over January, the provisional invoice paid.
deal_id: CU-CONC-207
traded_on: "2026-10-30"
material: copper_concentrate
route: {origin: PE, load_port: Matarani, discharge_port: Huelva, destination: ES}
legs:
  buy:
    counterparty: {name: Minera Cumbre Serena S.A.C., country: PE}
    incoterm: FOB
    quantity: {wmt: "4200", moisture_pct: "8.40"}
    assay: {cu_pct: "25.90", au_gpt: "2.10", ag_gpt: "71", as_pct: "0.14", f_ppm: "250"}
    payables: &payables
      - {metal: copper, assay: cu_pct, method: pct_min_deduction, pct: "96.5", deduction: "1.0"}
      - {metal: gold, assay: au_gpt, method: pct_if_above, tiers: [{from: "1", pct: "90"}, {from: "3", pct: "93"}]}
      - {metal: silver, assay: ag_gpt, method: pct_if_above, tiers: [{from: "30", pct: "90"}]}
    treatment_charge: {usd_per_dmt: "12.00"}
    refining_charges: {copper: {usc_per_lb: "1.20"}, gold: {usd_per_oz: "5.00"}, silver: {usd_per_oz: "0.45"}}
    penalties: &penalties
      - {assay: as_pct, threshold: "0.20", step: "0.10", usd_per_step: "3.00"}
      - {assay: f_ppm, threshold: "330", step: "100", usd_per_step: "1.00"}
    pricing:
      copper: {reference: LME cash settlement, quotational_period: M}
      gold: {reference: LBMA gold PM, quotational_period: M}
      silver: {reference: LBMA silver, quotational_period: M}
    shipment: "2026-11-06"
    arrival: "2026-12-15"
    payment: {provisional_pct: "90", provisional_days: 5, final_days: 15}
  sell:
    counterparty: {name: Fundicion Costa Brillante S.L., country: ES}
    incoterm: CIF
    quantity: {wmt: "4192", moisture_pct: "8.40"}
    assay: {cu_pct: "25.90", au_gpt: "2.10", ag_gpt: "71", as_pct: "0.14", f_ppm: "250"}
    payables: *payables
    treatment_charge: {usd_per_dmt: "-58.00"}
    refining_charges: {copper: {usc_per_lb: "-5.80"}, gold: {usd_per_oz: "4.50"}, silver: {usd_per_oz: "0.40"}}
    penalties: *penalties
    pricing:
      copper: {reference: LME cash settlement, quotational_period: M+1, basis: arrival}
      gold: {reference: LBMA gold PM, quotational_period: M+1, basis: arrival}
      silver: {reference: LBMA silver, quotational_period: M+1, basis: arrival}
    shipment: "2026-11-06"
    arrival: "2026-12-15"
    payment: {provisional_pct: "90", provisional_days: 12, final_days: 20}
costs:
  freight: {usd_per_wmt: "49.00", leg: buy}
  inspection: {usd_per_wmt: "1.10", usd: "5200", leg: buy}
  insurance: {pct_of_sell: "0.09", uplift_pct: "110"}
  finance: {leg: buy, sofr_pct: "3.90", spread_pct: "2.10", days: 47}
  hedge: {metal: copper, leg: buy, usd_per_lot_round_turn: "18.00", slippage_usd_per_t: "1.50"}
uncertainty: {moisture_pct: "0.4", freight_pct: "0"}
""",
}


def write_deals(folder: Path) -> None:
    """One file a deal, in `deals` under `folder`."""
    for deal_id, text in DEALS.items():
        write_text(folder / "deals" / f"{deal_id}.yaml", text)
