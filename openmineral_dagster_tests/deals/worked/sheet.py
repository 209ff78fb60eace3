"""The sheet: every worked contract computed in exact fractions, straight from the trade's formulas. It knows no code of ours.

Write the expected figures anew, after a contract was added: `python -m openmineral_dagster_tests.deals.worked.sheet`
"""

import json
from datetime import date, timedelta
from fractions import Fraction as F
from math import floor

from openmineral_dagster_tests.deals.worked.contracts import FAMILIES, FOLDER, contracts

OUNCE, POUND = F("31.1034768"), F("2204.62262")
LOTS = {"copper": 25, "zinc": 25, "lead": 25, "aluminium": 25, "nickel": 6, "tin": 5, "gold": 100, "silver": 5000}
CLOSED = {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1), date(2027, 3, 26), date(2027, 3, 29)}
# o origin, x export, l loading, f freight, i insurance, d discharge, m import, e destination
SELLER = {
    "EXW": "", "FCA": "x", "FAS": "ox", "FOB": "oxl", "CFR": "oxlf", "CIF": "oxlfi", "CPT": "oxlf", "CIP": "oxlfi",
    "DAP": "oxlf", "DPU": "oxlfd", "DDP": "oxlfdme",
}  # fmt: skip
PART = {"inland_origin": "o", "loading": "l", "freight": "f", "discharge": "d", "inland_destination": "e", "destination": "e"}


def half_up(value, places):
    """Half away from zero."""
    scaled = abs(value) * 10**places
    whole = floor(scaled + F(1, 2))
    return F(whole if value >= 0 else -whole, 10**places)


def shown(value, places):
    """Plain digits, exactly that many decimals; the value has no more."""
    return _digits(F(value), places)


def _digits(value, places):
    whole = int(abs(value) * 10**places)
    sign = "-" if value < 0 and whole else ""
    return f"{sign}{whole // 10**places}.{whole % 10**places:0{places}d}"


def money(value):
    return half_up(value, 2)


# --- quotational periods -------------------------------------------------------------------------------------------


def trades(day):
    return day.weekday() < 5 and day not in CLOSED


def after(day, count):
    while count:
        day += timedelta(days=1)
        count -= trades(day)
    return day


def three_months(day):
    month = day.month + 3
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    wanted = date(year, month, min(day.day, last))
    found = wanted
    while not trades(found):
        found += timedelta(days=1)
    if found.month != wanted.month:
        found = wanted
        while not trades(found):
            found -= timedelta(days=1)
    return found


def published(market):
    """Cash and three-month price by day."""
    first, as_of = date.fromisoformat(market["first"]), date.fromisoformat(market["as_of"])
    days = [day for step in range((as_of - first).days + 1) if trades(day := first + timedelta(days=step))]
    skipped = {date.fromisoformat(day) for day in market["skip"]}
    rise = {name: [F(part) for part in market[name]] for name in ("cash", "three_month")}
    return {
        day: tuple(rise[name][0] + number * rise[name][1] for name in ("cash", "three_month"))
        for number, day in enumerate(days)
        if day not in skipped
    }


def period_price(leg, terms, market):
    """The mean of the month, two decimals."""
    prices, as_of = published(market), date.fromisoformat(market["as_of"])
    reference = date.fromisoformat(leg["arrival" if terms.get("basis") == "arrival" else "shipment"])
    months = reference.month - 1 + int(terms["quotational_period"][2:] or 0)
    year, month = reference.year + months // 12, months % 12 + 1
    days = [day for number in range(31) if (day := date(year, month, 1) + timedelta(days=number)).month == month and trades(day)]
    last = max(prices)
    cash, later = prices[last]
    near, far = after(last, 2), three_months(last)
    used = []
    for day in days:
        prompt = min(after(day, 2), far)
        if day > as_of:
            used.append(cash + (later - cash) * F((prompt - near).days, (far - near).days))
        elif day in prices:
            used.append(prices[day][0])
    return half_up(sum(used) / len(used), 2)


# --- one leg --------------------------------------------------------------------------------------------------------


def grade(terms, assay):
    if terms["method"] == "pct_if_above":
        share = F(0)
        for tier in sorted(terms["tiers"], key=lambda tier: F(tier["from"])):
            if assay >= F(tier["from"]):
                share = F(tier["pct"])
        return assay * share / 100
    share = F(terms["pct"]) / 100
    if terms["method"] == "pct_min_deduction":
        return max(F(0), min(assay * share, assay - F(terms["deduction"])))
    return max(F(0), (assay - F(terms["deduction"])) * share)


def charge(leg, flat):
    """Treatment charge a dry tonne."""
    terms = leg.get("treatment_charge")
    if not terms:
        return F(0)
    rate = F(terms["usd_per_dmt"])
    for band in terms.get("escalator", {}).get("bands", []):
        price = flat[terms["escalator"]["metal"]]
        if "above_usd" in band:
            top = min(price, F(band["to_usd"])) if "to_usd" in band else price
            rate += F(band["add_per_usd"]) * max(F(0), top - F(band["above_usd"]))
        else:
            rate -= F(band["subtract_per_usd"]) * max(F(0), F(band["below_usd"]) - price)
    return rate


def penalty(leg):
    total = F(0)
    for terms in leg.get("penalties", []):
        steps = max(F(0), F(leg["assay"][terms["assay"]]) - F(terms["threshold"])) / F(terms["step"])
        total += F(terms["usd_per_step"]) * (floor(steps) if terms.get("whole_steps") == "true" else steps)
    return total


def leg_sheet(leg, market):
    """Every figure of one leg's invoice."""
    flat = {
        metal: F(terms["fixed_usd"]) if "fixed_usd" in terms else period_price(leg, terms, market)
        for metal, terms in leg["pricing"].items()
    }
    net = {
        metal: (flat[metal] + F(terms.get("premium_usd", 0))) * (1 - F(terms.get("discount_pct", 0)) / 100)
        for metal, terms in leg["pricing"].items()
    }
    weight, found = leg["quantity"], {"flat": flat}
    dmt = melted = None
    if "t" in weight:
        paid = {next(iter(net)): half_up(F(weight["t"]), 3)}
    elif "kg" in weight:
        found["gross_oz"] = half_up(F(weight["kg"]) * 1000 / OUNCE, 3)
        found["after_melt_oz"] = melted = half_up(found["gross_oz"] * (1 - F(weight["melt_loss_pct"]) / 100), 3)
        fine = {t["metal"]: half_up(melted * F(leg["assay"][t["assay"]]) / 100, 3) for t in leg["payables"]}
        paid = {t["metal"]: half_up(fine[t["metal"]] * F(t["pct"]) / 100, 3) for t in leg["payables"]}
    else:
        found["dmt"] = dmt = half_up(F(weight["wmt"]) * (1 - F(weight["moisture_pct"]) / 100), 3)
        paid = {}
        for terms in leg["payables"]:
            of = grade(terms, F(leg["assay"][terms["assay"]]))
            paid[terms["metal"]] = half_up(dmt * of / (OUNCE if terms["assay"].endswith("_gpt") else 100), 3)
    found["paid"] = paid
    found["value"] = {metal: money(quantity * net[metal]) for metal, quantity in paid.items()}
    found["gross"] = sum(found["value"].values())
    found["treatment"], found["penalties"] = (money(rate * (dmt or 0)) for rate in (charge(leg, flat), penalty(leg)))
    found["refining"] = {}
    for metal, terms in leg.get("refining_charges", {}).items():
        if "usc_per_lb" in terms:
            found["refining"][metal] = money(half_up(paid[metal] * POUND, 2) * F(terms["usc_per_lb"]) / 100)
        else:
            found["refining"][metal] = money((melted if metal == "after_melt" else paid[metal]) * F(terms["usd_per_oz"]))
    found["net"] = found["gross"] - found["treatment"] - sum(found["refining"].values()) - found["penalties"]
    return found


# --- the deal -------------------------------------------------------------------------------------------------------


def cost_sheet(contract, legs):
    """Every cost line."""
    lines = {}
    for name, cost in contract.get("costs", {}).items():
        leg = contract["legs"].get(cost.get("leg"), {})
        sheet, weight = legs.get(cost.get("leg")), leg.get("quantity", {})
        if name == "insurance":
            lines[name] = legs["sell"]["net"] * F(cost.get("uplift_pct", 110)) / 100 * F(cost["pct_of_sell"]) / 100
        elif name == "finance":
            share = F(cost.get("advance_pct_of_gross", 0)) / 100
            amount = sheet["gross"] * share if share else sheet["net"]
            lines[name] = amount * (F(cost["sofr_pct"]) + F(cost["spread_pct"])) / 100 * F(cost["days"]) / 360
        elif name == "warehouse":
            lines[name] = F(weight["t"]) * F(cost["usd_per_t_per_day"]) * F(cost["days"])
        elif name == "hedge":
            quantity, lot = sheet["paid"][cost["metal"]], LOTS[cost["metal"]]
            lots = floor(quantity / lot + F(1, 2))
            lines["hedge_fees"] = lots * F(cost["usd_per_lot_round_turn"])
            slip = F(cost.get("slippage_usd_per_t") or cost.get("slippage_usd_per_oz"))
            lines["hedge_slippage"] = lots * lot * slip
        else:
            lines[name] = (
                F(cost.get("usd", 0))
                + F(cost.get("usd_per_wmt", 0)) * F(weight.get("wmt", 0))
                + F(cost.get("usd_per_dmt", 0)) * sheet.get("dmt", 0)
                + F(cost.get("usd_per_t", 0)) * F(weight.get("t", 0))
                + money(F(cost.get("eur_per_t", 0)) * F(weight.get("t", 0))) * F(cost.get("fx_usd", 0))
                + F(cost.get("pct_of_gross", 0)) / 100 * sheet["gross"]
            )
    return {name: money(amount) for name, amount in lines.items()}


def flag_count(contract):
    """Listed costs that are another's, and what the purchase includes but the sale does not."""
    legs = contract["legs"]
    bought = SELLER[legs["buy"]["incoterm"]] if "buy" in legs else None
    sold = SELLER[legs["sell"]["incoterm"]] if "sell" in legs else None
    parts = [PART[name] for name in contract.get("costs", {}) if name in PART]
    others = [part for part in parts if (bought is not None and part in bought) or (sold is not None and part not in sold)]
    embedded = set(bought) - set(sold) if bought is not None and sold is not None else set()
    return len(others) + len(embedded)


def figures(contract):
    """Every figure of a contract, as printed."""
    market, found = contract.get("market"), {}
    legs = {name: leg_sheet(leg, market) for name, leg in contract["legs"].items()}
    for name, sheet in legs.items():
        found |= {f"{name}.{key}": shown(sheet[key], 3) for key in ("dmt", "gross_oz", "after_melt_oz") if key in sheet}
        found |= {f"{name}.{metal}.quantity": shown(quantity, 3) for metal, quantity in sheet["paid"].items()}
        found |= {f"{name}.{metal}.value_usd": shown(value, 2) for metal, value in sheet["value"].items()}
        open_metals = [metal for metal, terms in contract["legs"][name]["pricing"].items() if "fixed_usd" not in terms]
        found |= {f"{name}.{metal}.price_usd": shown(sheet["flat"][metal], 2) for metal in open_metals}
        found |= {f"{name}.refining.{metal}_usd": shown(amount, 2) for metal, amount in sheet["refining"].items()}
        if "dmt" in sheet:
            found |= {f"{name}.treatment_charge_usd": shown(sheet["treatment"], 2)}
            found |= {f"{name}.penalties_usd": shown(sheet["penalties"], 2)}
        found |= {f"{name}.gross_usd": shown(sheet["gross"], 2), f"{name}.net_usd": shown(sheet["net"], 2)}
        found |= provisional_figures(name, contract["legs"][name], sheet, market)
    costs = cost_sheet(contract, legs)
    found |= {f"costs.{name}": shown(amount, 2) for name, amount in costs.items()}
    total = sum(costs.values(), F(0))
    found["costs.total"] = shown(total, 2) if costs else "0"  # as the golden cases print it
    if "buy" in legs and "sell" in legs:
        margin = legs["sell"]["net"] - legs["buy"]["net"]
        found |= {"gross_margin_usd": shown(margin, 2), "net_margin_usd": shown(margin - total, 2)}
    elif "sell" in legs:
        found["netback_usd"] = shown(legs["sell"]["net"] - total, 2)
    else:
        found["landed_cost_usd"] = shown(legs["buy"]["net"] + total, 2)
    return found | {"flags": str(flag_count(contract))}


def provisional_figures(name, leg, final, market):
    if "provisional" not in leg:
        return {}
    first = leg_sheet(leg | leg["provisional"], market)
    paid = money(first["net"] * F(leg["payment"]["provisional_pct"]) / 100)
    return {f"{name}.provisional_usd": shown(paid, 2), f"{name}.balance_usd": shown(final["net"] - paid, 2)}


def main():
    found = {key: figures(contract) for key, contract in contracts().items()}
    for family in FAMILIES:
        own = {case: held for (of, case), held in found.items() if of == family}
        (FOLDER / f"{family}.expected.json").write_text(json.dumps(own, indent=1) + "\n")


if __name__ == "__main__":
    main()
