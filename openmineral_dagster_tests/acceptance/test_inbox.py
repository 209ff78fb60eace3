"""The daemon as it runs on a desk: deal files dropped into the landing are valued within a minute, bad ones refused by name."""

import json
import shutil
import time
from decimal import Decimal

import pytest

from openmineral_dagster.lake.root import SAMPLE_LANDING
from openmineral_dagster_tests.acceptance.daemon import runs, served, wait_for
from openmineral_dagster_tests.defs.test_inbox import BOTH
from openmineral_dagster_tests.nights import compute, published, select

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]

WITHIN_S = 60.0
MARGIN = "SELECT deal_id, net_margin_usd FROM deal_margins() WHERE deal_id LIKE 'CU-DROP%' ORDER BY deal_id"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(SAMPLE_LANDING, folder / "landing")
    return compute(folder / "landing", folder / "root")


def drop(root, name, text):
    """Land a file; the seconds count from then."""
    (root.landing / "deals" / f"{name}.yaml").write_text(text.replace("CU-1", name))
    return time.monotonic()


def known(root):
    return dict(select(root, MARGIN))


def assert_the_nightly_says_the_same(root):
    """One code path: a night computed over the same landing publishes what the inbox did."""
    stages = ("deals.", "memos.", "compliance.", "market.quarantine")
    dropped = {name: rows for name, rows in published(root).items() if name.startswith(stages)}
    compute(root.landing, root.path)
    nightly = published(root)
    assert {name: nightly[name] for name in dropped} == dropped


def test_deals_dropped_while_the_daemon_runs_are_valued_within_a_minute_and_bad_ones_refused(root):
    with served(root):
        drop(root, "CU-DROP-0", BOTH)
        wait_for(lambda: "CU-DROP-0" in known(root), 180)  # the daemon is up once it has taken one in

        dropped = drop(root, "CU-DROP-1", BOTH)
        wait_for(lambda: "CU-DROP-1" in known(root), 180)
        alone = time.monotonic() - dropped

        dropped = drop(root, "CU-DROP-1", BOTH.replace('"8900"', '"8950"'))
        wait_for(lambda: known(root)["CU-DROP-1"] == Decimal("5900.00"), 180)
        changed = time.monotonic() - dropped

        drop(root, "CU-BAD", BOTH.replace('t: "100"', 't: "1OO"', 1))
        drop(root, "CU-DROP-2", BOTH)
        wait_for(lambda: "CU-DROP-2" in known(root), 240)
        wait_for(lambda: select(root, "SELECT field FROM market.quarantine WHERE file = 'deals/CU-BAD.yaml'"), 120)
        wait_for(lambda: "FAILURE" in runs(root), 60)

    print(f"valued {alone:.1f} s after it was dropped, {changed:.1f} s after it was changed")
    assert alone < WITHIN_S
    assert changed < WITHIN_S
    assert select(root, "SELECT field FROM market.quarantine WHERE file = 'deals/CU-BAD.yaml'") == [("legs.buy.quantity.t",)]
    hashes = "SELECT count(DISTINCT deal_hash) FROM deals.valuation WHERE deal_id = 'CU-DROP-1'"
    assert select(root, hashes) == [(2,)], "the value before the change is kept"
    assert "CU-BAD" not in known(root)
    assert_the_nightly_says_the_same(root)
    notices = [json.loads(line) for line in (root.path / "notices.jsonl").read_text().splitlines()]
    assert [notice["title"] for notice in notices] == ["deal refused"]
