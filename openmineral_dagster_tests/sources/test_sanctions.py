"""Each list is read as its publisher serves it, faults included, and what is no list never becomes one."""

import gzip
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from openmineral_dagster.lake.schema import conform, violations
from openmineral_dagster.lake.tables import QUARANTINE
from openmineral_dagster.sources.sanctions import Lists, read_lists

SDN = (
    "36,AEROVIA PRUEBA,-0- ,CUBA,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"
    '40,"DORANTE, Melchior",individual,SDGT,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 1947; nationality Egypt; '
    "a.k.a. 'THE FOX'.\"\r\n"
    '41,OCEAN HERON,vessel,CUBA,-0- ,CL2192,Tug,-0- ,212,Cuba,-0- ,"Vessel Registration Identification IMO 7406784."\r\n'
    "40,HERON WORKS LIMITED,-0- ,SDGT,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"
)
ALT = '36,12,aka,PRUEBA AIR,-0- \r\n40,13,fka,"DORANTE, M.",-0- \r\n999,14,aka,NOBODY,-0- \r\n'
ADD = '36,25,-0- ,"Havana","Cuba",-0- \r\n36,26,-0- ,-0- ,"Panama",-0- \r\n'
UN = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-11-19T00:00:09.554Z"><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID>
<FIRST_NAME>MELCHIOR</FIRST_NAME><SECOND_NAME>RUBEN</SECOND_NAME><THIRD_NAME>DORANTE</THIRD_NAME>
<UN_LIST_TYPE>DRC</UN_LIST_TYPE><REFERENCE_NUMBER>CDi.901</REFERENCE_NUMBER><NAME_ORIGINAL_SCRIPT>دورانتي</NAME_ORIGINAL_SCRIPT>
<NATIONALITY><VALUE>Rwanda</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>M. DORANTE</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>FOX</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS></INDIVIDUAL>
<INDIVIDUAL><DATAID>2</DATAID></INDIVIDUAL></INDIVIDUALS>
<ENTITIES><ENTITY><DATAID>3</DATAID><FIRST_NAME>HERON FRONT</FIRST_NAME><REFERENCE_NUMBER>CDe.901</REFERENCE_NUMBER>
<ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>OLD HERON</ALIAS_NAME></ENTITY_ALIAS></ENTITY></ENTITIES></CONSOLIDATED_LIST>
"""
EU = (
    "\ufefffileGenerationDate;Entity_LogicalId;Entity_SubjectType;Entity_SubjectType_ClassificationCode;"
    "Entity_Regulation_Programme;NameAlias_WholeName;NameAlias_Remark;Address_CountryDescription\r\n"
    "18/11/2026;13;P;person;IRQ;Melchior Dorante;;\r\n"
    "18/11/2026;13;P;person;IRQ;Abu Fox;(Low quality alias);\r\n"
    "18/11/2026;13;P;person;IRQ;;;IRAQ\r\n"
    '18/11/2026;20;E;enterprise;RUS;"Heron ""North""; Trading";;RUSSIAN FEDERATION\r\n'
    "18/11/2026;;E;enterprise;RUS;Nobody;;\r\n"
)
UK = (
    "Report Date: 18-Nov-2026\r\n"
    "Last Updated,Unique ID,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,Alias strength,Name non-latin script,"
    "Regime Name,Designation Type,Address Country,IMO number\r\n"
    "01/01/2026,RUS0001,DORANTE,MELCHIOR,,,,,Primary Name,,Мельхиор Доранте,Russia,Individual,Russia,\r\n"
    "01/01/2026,RUS0001,FOX,ABU,,,,,Alias,Low quality a.k.a,,Russia,Individual,Russia,\r\n"
    "01/01/2026,RUS0002,OCEAN HERON,,,,,,Primary Name,,,Russia,Ship,,9074729\r\n"
    "01/01/2026,RUS0002,HERON OF THE SEA,,,,,,Primary Name Variation,,,Russia,Ship,,9074729\r\n"
    "01/01/2026,,NOBODY,,,,,,Primary Name,,,Russia,Entity,,\r\n"
)


def landed(folder: Path, **files: str | bytes) -> Lists:
    """The lists of `folder` after writing `files`: their names with "__" for a dot."""
    for name, body in files.items():
        (folder / name.replace("__", ".")).write_bytes(body if isinstance(body, bytes) else body.encode())
    return read_lists(folder)


def names(found: Lists) -> list[tuple[str, ...]]:
    return found.entries.select("uid", "entity_type", "name", "alias_kind").rows()


def test_ofac_is_joined_on_its_number_with_nulls_as_null_and_the_last_control_z_ignored(tmp_path):
    found = landed(tmp_path, sdn__csv=SDN + "\x1a", alt__csv=ALT + "\x1a", add__csv=ADD)
    assert names(found) == [
        ("36", "entity", "AEROVIA PRUEBA", "primary"),
        ("40", "person", "DORANTE, Melchior", "primary"),
        ("40", "person", "THE FOX", "weak"),
        ("41", "vessel", "OCEAN HERON", "primary"),
        ("40", "entity", "HERON WORKS LIMITED", "primary"),
        ("36", "entity", "PRUEBA AIR", "strong"),
        ("40", "person", "DORANTE, M.", "strong"),
        ("40", "entity", "DORANTE, M.", "strong"),
    ]
    assert found.entries["country"].to_list()[:2] == ["Cuba; Panama", "Egypt"]
    assert found.entries.filter(uid="41")["imo"].item() == "7406784"
    version = found.versions[0]
    assert (version.list, version.date, version.entries, version.gap) == ("OFAC", None, 4, "")


def test_ofac_takes_its_date_from_the_file_s_name_and_keeps_copies_of_two_days_apart(tmp_path):
    found = landed(
        tmp_path,
        **{
            "sdn_2026-11-19__csv": SDN,
            "alt_2026-11-19__csv": ALT,
            "SDN-20261120__CSV": SDN + "50,NEW ONE,-0- ,IRAN" + ",-0- " * 8,
        },
    )
    assert [(version.date, version.entries) for version in found.versions] == [(date(2026, 11, 19), 4), (date(2026, 11, 20), 5)]
    assert [version.gap for version in found.versions] == ["", "its alias file (alt.csv) is missing"]


def test_ofac_rows_that_are_torn_or_belong_to_nobody_are_quarantined(tmp_path):
    found = landed(tmp_path, sdn__csv=SDN + '77,"CUT OFF', alt__csv=ALT, add__csv=ADD)
    assert found.faults.select("file", "row").rows() == [(f"{tmp_path.name}/sdn.csv", 5), (f"{tmp_path.name}/alt.csv", 3)]
    assert violations(found.faults.with_columns(as_of_date=pl.date(2030, 1, 1)).pipe(conform, QUARANTINE), QUARANTINE) == []


@pytest.mark.parametrize("pack", [str.encode, lambda text: gzip.compress(text.encode())])
def test_un_is_read_plain_and_packed_with_its_own_date_and_alias_qualities(tmp_path, pack):
    found = landed(tmp_path, anything__bin=pack(UN))
    assert names(found) == [
        ("CDi.901", "person", "MELCHIOR RUBEN DORANTE", "primary"),
        ("CDi.901", "person", "دورانتي", "strong"),
        ("CDi.901", "person", "M. DORANTE", "strong"),
        ("CDi.901", "person", "FOX", "weak"),
        ("CDe.901", "entity", "HERON FRONT", "primary"),
        ("CDe.901", "entity", "OLD HERON", "strong"),
    ]
    assert (found.versions[0].list, found.versions[0].date, found.versions[0].entries) == ("UN", date(2026, 11, 19), 2)
    assert found.faults["reason"].to_list() == ["an entry without a name or a number"]


def test_xml_that_expands_entities_is_refused(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "boom">]>' + UN.partition("?>")[2].replace("HERON FRONT", "&a;")
    found = landed(tmp_path, un__xml=bomb)
    assert found.versions == ()
    assert found.faults.height == 1


def test_eu_is_read_with_its_mark_its_date_and_one_primary_name_an_entity(tmp_path):
    found = landed(tmp_path, eu__csv=EU)
    assert names(found) == [
        ("13", "person", "Melchior Dorante", "primary"),
        ("13", "person", "Abu Fox", "weak"),
        ("20", "entity", 'Heron "North"; Trading', "primary"),
    ]
    assert (found.versions[0].list, found.versions[0].date) == ("EU", date(2026, 11, 18))
    assert found.entries["country"].to_list() == [None, None, "RUSSIAN FEDERATION"]
    assert found.faults["row"].to_list() == [5]


def test_uk_is_read_from_its_second_line_with_the_report_date_of_its_first(tmp_path):
    found = landed(tmp_path, uk__csv=UK)
    assert names(found) == [
        ("RUS0001", "person", "MELCHIOR DORANTE", "primary"),
        ("RUS0001", "person", "Мельхиор Доранте", "strong"),
        ("RUS0001", "person", "ABU FOX", "weak"),
        ("RUS0002", "vessel", "OCEAN HERON", "primary"),
        ("RUS0002", "vessel", "HERON OF THE SEA", "strong"),
    ]
    assert found.entries["imo"].to_list()[-1] == "9074729"
    assert (found.versions[0].date, found.versions[0].entries) == (date(2026, 11, 18), 2)
    assert found.faults.height == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>Just a moment</html>", "HTML"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "layout"),
        (b"# What lies here", "layout"),
        (b"\x1f\x8b\x08\x00torn", "gzip"),
        (UN[:900].encode(), "cannot be read"),
        (EU.replace("NameAlias_WholeName", "Name").encode(), "columns are missing"),
        (b"name,type,country\nA,person,PE\n", "layout"),
    ],
)
def test_what_is_no_list_is_quarantined_with_its_reason(tmp_path, body, reason):
    found = landed(tmp_path, sdn__csv=body)
    assert found.versions == ()
    assert found.entries.is_empty()
    assert reason in found.faults["reason"].item()
    assert violations(found.faults.with_columns(as_of_date=pl.date(2030, 1, 1)).pipe(conform, QUARANTINE), QUARANTINE) == []


def test_a_list_without_entries_is_a_version_that_holds_none(tmp_path):
    found = landed(tmp_path, eu__csv=EU.splitlines()[0])
    assert [(version.list, version.entries, version.date) for version in found.versions] == [("EU", 0, None)]


def test_a_missing_folder_gives_empty_lists(tmp_path):
    found = read_lists(tmp_path / "nowhere")
    assert (found.versions, found.entries.height, found.faults.height) == ((), 0, 0)


def test_a_copy_cut_short_of_the_one_before_it_is_not_used(tmp_path):
    rows = [f"{number},NAME {number}" + ",-0- " * 10 for number in range(1, 21)]
    found = landed(tmp_path, **{"sdn_2026-11-19__csv": "\n".join(rows), "sdn_2026-11-20__csv": "\n".join(rows[:17])})
    assert [version.date for version in found.versions] == [date(2026, 11, 19)]
    assert "cut short" in found.faults["reason"].item()


def test_the_same_bytes_under_two_names_are_one_copy(tmp_path):
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "un.xml").write_text(UN)
    found = landed(tmp_path, un__xml=UN)
    assert len(found.versions) == 1
    assert found.entries.filter(alias_kind="primary").height == 2


def test_old_single_byte_files_are_read(tmp_path):
    found = landed(tmp_path, sdn__csv=("1,COMPAÑÍA" + ",-0- " * 10).encode("latin-1"))
    assert found.entries["name"].to_list() == ["COMPAÑÍA"]


def test_every_entry_belongs_to_a_version(tmp_path):
    found = landed(tmp_path, sdn__csv=SDN, alt__csv=ALT, un__xml=UN, eu__csv=EU, uk__csv=UK)
    assert {(version.list, version.sha256) for version in found.versions} == set(
        found.entries.select("list", "version").unique().rows()
    )
    assert found.entries.filter(
        pl.any_horizontal(pl.col("list", "uid", "name", "alias_kind", "entity_type").is_null())
    ).is_empty()
