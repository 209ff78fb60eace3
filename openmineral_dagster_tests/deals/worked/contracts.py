"""The worked contracts as data: a base for each family, and for each case the terms that stand in its place.

`<family>.yaml` holds the contracts, `<family>.expected.json` the figures the sheet gives for them; nothing here values anything.
"""

import copy
import json
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
FAMILIES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def contracts():
    """Every contract by (family, case), as a mapping of strings; `market` beside the deal's own keys where prices are open."""
    return {(family, case): contract for family in FAMILIES for case, contract in _cases(family).items()}


def _cases(family):
    held = yaml.load((FOLDER / f"{family}.yaml").read_text(), yaml.BaseLoader)
    return {case: _changed(held["base"], changes or {}) for case, changes in held["cases"].items()}


def _changed(base, changes):
    contract = json.loads(json.dumps(base))  # anchors become copies: a change of one leg is no change of the other
    for path, value in changes.items():
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place = contract
        for part in parents:
            place = place[part] if isinstance(part, int) else place.setdefault(part, {})
        if value == "null":
            del place[last]
        else:
            place[last] = copy.deepcopy(value)
    return contract


def split(contract):
    """The deal file's text and the market beside it, or None."""
    market = contract.get("market")
    deal = {key: value for key, value in contract.items() if key != "market"}
    return yaml.safe_dump(deal, sort_keys=False), market


def expected():
    """The stored figures by (family, case)."""
    stored = {family: json.loads((FOLDER / f"{family}.expected.json").read_text()) for family in FAMILIES}
    return {(family, case): figures for family, cases in stored.items() for case, figures in cases.items()}
