"""A deal file dropped between nights: looked at until it has stopped changing, taken in, published; a bad one is refused."""

import json
import shutil
from datetime import date
from decimal import Decimal

import dagster as dg
import pytest

from openmineral_dagster.defs.assets.inbox import DEAL_FILES, inbox
from openmineral_dagster.defs.inbox import MOST_AT_ONCE, deal_inbox, look
from openmineral_dagster.defs.resources import DataRootResource
from openmineral_dagster.defs.taking_in import take_in
from openmineral_dagster.lake.publish import current
from openmineral_dagster.lake.root import DataRoot
from openmineral_dagster.reference.errors import BadInput, UsageFault
from openmineral_dagster_tests.deals.texts import CATHODE
from openmineral_dagster_tests.nights import select

NIGHT, TODAY = date(2026, 11, 20), date(2026, 11, 24)
BOTH = CATHODE.replace(
    "legs:\n",
    """legs:
  buy:
    counterparty: {name: Cobre Ejemplo SpA, country: CL}
    incoterm: FCA
    quantity: {t: "100"}
    pricing: {copper: {fixed_usd: "8900"}}
""",
)


@pytest.fixture(scope="module")
def night_once(sample_night, tmp_path_factory):
    """A copy of the published night with a landing of its own, made once."""
    folder = tmp_path_factory.mktemp("inbox")
    shutil.copytree(sample_night.landing, folder / "landing")
    shutil.copytree(sample_night.path, folder / "root")
    return DataRoot(folder / "root", folder / "landing")


@pytest.fixture
def root(night_once, tmp_path):
    """That night for one test alone."""
    shutil.copytree(night_once.landing, tmp_path / "landing")
    shutil.copytree(night_once.path, tmp_path / "root")
    return DataRoot(tmp_path / "root", tmp_path / "landing")


def drop(root, text, name="CU-1.yaml"):
    (root.landing / "deals" / name).write_text(text)
    return f"deals/{name}"


pytestmark = pytest.mark.xdist_group("night")


def test_a_dropped_deal_is_valued_screened_and_written_up_beside_the_others(root):
    before = select(root, "SELECT count(*) FROM deals.terms")[0][0]
    taken = take_in(root, drop(root, BOTH), TODAY)
    assert (taken.as_of, taken.deal.deal_id) == (NIGHT, "CU-1")
    assert select(root, "SELECT net_margin_usd FROM deal_margins() WHERE deal_id = 'CU-1'") == [(Decimal("10900.00"),)]
    assert select(root, "SELECT count(*) FROM deals.terms") == [(before + 1,)]
    assert ("Example Kabel GmbH", Decimal(0)) in select(root, "SELECT counterparty, owes_usd FROM counterparty_exposure()")
    for table in ("compliance.findings", "memos.memos", "memos.figures", "deals.legs", "deals.margins"):
        assert select(root, f"SELECT count(*) > 0 FROM {table} WHERE deal_id = 'CU-1'") == [(True,)], table
    assert (root.memos / "2026-11-20" / "CU-1.md").exists()
    assert select(root, "SELECT rows FROM ops.runs WHERE stage = 'deals.terms'") == [(before + 1,)]


def test_a_changed_file_is_valued_under_a_new_hash_and_the_old_value_is_kept(root):
    first = take_in(root, drop(root, BOTH), TODAY)
    second = take_in(root, drop(root, BOTH.replace('"8900"', '"8950"')), TODAY)
    assert first.digest != second.digest
    held = "SELECT deal_hash, amount_usd FROM deals.valuation WHERE deal_id = 'CU-1' AND line = 'net_margin'"
    assert dict(select(root, held)) == {first.digest: Decimal("10900.00"), second.digest: Decimal("5900.00")}
    assert select(root, "SELECT net_margin_usd FROM deal_margins() WHERE deal_id = 'CU-1'") == [(Decimal("5900.00"),)]
    assert select(root, "SELECT deal_hash FROM deals.terms WHERE deal_id = 'CU-1'") == [(second.digest,)]


def test_a_bad_file_is_refused_by_field_and_what_was_known_stays(root):
    take_in(root, drop(root, BOTH), TODAY)
    with pytest.raises(BadInput) as fault:
        take_in(root, drop(root, BOTH.replace('"8900"', '"8,900"')), TODAY)
    assert fault.value.field == "legs.buy.pricing.copper.fixed_usd"
    refused = select(root, "SELECT file, field, reason FROM market.quarantine WHERE source = 'deals'")
    assert refused == [
        ("deals/CU-1.yaml", "legs.buy.pricing.copper.fixed_usd", "expected a number in plain digits, such as 9850.00")
    ]
    assert select(root, "SELECT net_margin_usd FROM deal_margins() WHERE deal_id = 'CU-1'") == [(Decimal("10900.00"),)]
    take_in(root, drop(root, BOTH), TODAY)
    assert select(root, "SELECT count(*) FROM market.quarantine WHERE source = 'deals'") == [(0,)]


def test_an_id_of_another_file_is_refused(root):
    with pytest.raises(BadInput, match=r"deals/CU-CONC-201\.yaml has this one"):
        take_in(root, drop(root, BOTH.replace("CU-1", "CU-CONC-201")), TODAY)


def test_a_deal_of_tomorrow_is_refused_and_one_since_the_last_night_waits_for_its_memo(root):
    with pytest.raises(BadInput, match="traded_on"):
        take_in(root, drop(root, BOTH.replace("2026-10-15", "2026-11-25")), TODAY)
    taken = take_in(root, drop(root, BOTH.replace("2026-10-15", "2026-11-24")), TODAY)
    assert taken.as_of == TODAY
    assert select(root, "SELECT as_of_date FROM deals.terms WHERE deal_id = 'CU-1'") == [(TODAY,)]
    assert select(root, "SELECT count(*) FROM memos.memos WHERE deal_id = 'CU-1'") == [(0,)]
    assert current(root.lake).nights == ["2026-11-20"], "a night of deals alone is no whole night"


def test_taking_a_deal_in_again_changes_nothing(root):
    take_in(root, drop(root, BOTH), TODAY)
    number = current(root.lake).number
    take_in(root, "deals/CU-1.yaml", TODAY)
    assert current(root.lake).number == number


def test_without_a_published_night_there_is_nothing_to_publish_beside(tmp_path):
    with pytest.raises(UsageFault, match="no night is published yet"):
        take_in(DataRoot(tmp_path, tmp_path), "deals/x.yaml", TODAY)


def test_the_run_of_a_bad_file_fails_in_its_own_words_and_leaves_a_notice(root):
    drop(root, "deal_id: [")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(DEAL_FILES.name, ["CU-1.yaml"])
        resources = {"data_root": DataRootResource(path=str(root.path), landing=str(root.landing))}
        result = dg.materialize([inbox], partition_key="CU-1.yaml", resources=resources, instance=instance, raise_on_error=False)
    assert not result.success
    notice = json.loads((root.path / "notices.jsonl").read_text().splitlines()[-1])
    assert (notice["title"], notice["file"]) == ("deal refused", "deals/CU-1.yaml")
    assert "valid YAML" in notice["expected"]


def test_a_file_is_taken_in_once_it_is_the_same_at_two_looks():
    due, cursor = look({}, {"deals/a.yaml": "1"}, {})
    assert due == []
    due, cursor = look(cursor, {"deals/a.yaml": "2"}, {})
    assert due == []
    due, cursor = look(cursor, {"deals/a.yaml": "2"}, {})
    assert [(arrival.file, arrival.digest, arrival.key) for arrival in due] == [("deals/a.yaml", "2", "a.yaml")]
    assert look(cursor, {"deals/a.yaml": "2"}, {})[0] == []


def test_what_the_night_took_up_is_not_taken_in_again_until_it_changes():
    night = {"deals/a.yaml": "1"}
    _, cursor = look({}, night, night)
    assert look(cursor, night, night)[0] == []
    _, cursor = look(cursor, {"deals/a.yaml": "2"}, night)
    due, cursor = look(cursor, {"deals/a.yaml": "2"}, night)
    assert len(due) == 1
    _, cursor = look(cursor, night, night)
    assert len(look(cursor, night, night)[0]) == 1, "back to what it said before is a change too"


def test_many_files_are_taken_in_a_page_at_a_time_and_none_is_forgotten():
    landed = {f"deals/{number:03d}.yaml": "1" for number in range(3 * MOST_AT_ONCE - 5)}
    cursor, pages = {}, []
    for _ in range(5):
        due, cursor = look(cursor, landed, {})
        pages.append(len(due))
    assert pages == [0, MOST_AT_ONCE, MOST_AT_ONCE, MOST_AT_ONCE - 5, 0]


def test_the_sensor_asks_for_a_partition_and_a_run_a_file(root):
    resource = DataRootResource(path=str(root.path), landing=str(root.landing))
    drop(root, BOTH)
    first = deal_inbox(dg.build_sensor_context(resources={"data_root": resource}))
    second = deal_inbox(dg.build_sensor_context(cursor=first.cursor, resources={"data_root": resource}))
    assert first.run_requests == []
    assert [request.partition_key for request in second.run_requests] == ["CU-1.yaml"]
    assert second.dynamic_partitions_requests[0].partition_keys == ["CU-1.yaml"]


def test_before_the_first_night_the_sensor_waits(tmp_path):
    (tmp_path / "landing" / "deals").mkdir(parents=True)
    resource = DataRootResource(path=str(tmp_path / "root"), landing=str(tmp_path / "landing"))
    looked = deal_inbox(dg.build_sensor_context(resources={"data_root": resource}))
    assert "no night is published yet" in looked.skip_reason.skip_message
