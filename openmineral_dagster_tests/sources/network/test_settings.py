"""Nobody is asked unless the desk said so, and what it said wrong is one line."""

import pytest

from openmineral_dagster.reference.errors import UsageFault
from openmineral_dagster.sources.landing import read_landing
from openmineral_dagster.sources.network.catalogue import SOURCES, turned_on
from openmineral_dagster.sources.network.settings import Settings, read_settings


def written(folder, text):
    (folder / "sources.yaml").write_text(text)
    return read_settings(folder, {})


def names(settings):
    return [source.name for source in turned_on(settings)]


def test_nothing_is_on_by_itself(tmp_path):
    assert names(read_settings(tmp_path, {})) == []


def test_the_file_of_the_landing_turns_publishers_on(tmp_path):
    assert names(written(tmp_path, "sources: [ecb, ofac]\nfeeds: [https://news.example/feed]")) == ["ecb", "ofac"]


def test_a_single_name_or_a_line_of_names_will_do(tmp_path):
    assert names(written(tmp_path, "sources: ecb, un")) == ["ecb", "un"]


def test_the_environment_comes_before_the_file(tmp_path):
    written(tmp_path, "sources: [ecb]")
    settings = read_settings(tmp_path, {"OPENMINERAL_SOURCES": "un, eu", "OPENMINERAL_MIRROR": "http://127.0.0.1:1"})
    assert (names(settings), settings.mirror) == (["un", "eu"], "http://127.0.0.1:1")
    assert names(read_settings(tmp_path, {"OPENMINERAL_SOURCES": ""})) == []


def test_all_leaves_out_what_may_not_be_used_freely():
    off = {source.name for source in SOURCES} - set(names(Settings(sources=("all",))))
    assert off == {"yahoo", "westmetall"}
    assert all(source.off_because for source in SOURCES if source.name in off)
    assert "yahoo" in names(Settings(sources=("all", "yahoo")))


def test_every_publisher_says_what_its_data_may_be_used_for():
    assert all(source.licence and source.title for source in SOURCES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: {ecb: on}", "sources"),
        ("feeds: [https://user:secret@news.example/feed]", "without name and password"),
        ("feeds: ['https://[bad']", "web address"),
        ("[" * 3000, "cannot be read"),
        ("source: [ecb]", "source"),
        ("sources: [ecb]\nfeeds: [ftp://x]", "web address"),
        ("mirror: /tmp", "web address"),
        ("[ecb]", "expected sources"),
        ("sources: [ecb", "cannot be read"),
    ],
)
def test_settings_that_say_something_else_are_refused_in_one_line(tmp_path, text, said):
    with pytest.raises(UsageFault, match=said) as refused:
        written(tmp_path, text)
    assert "\n" not in str(refused.value)


def test_a_publisher_nobody_knows_is_refused():
    with pytest.raises(UsageFault, match="bloomberg: expected some of cftc"):
        names(Settings(sources=("bloomberg",)))


def test_the_settings_are_no_data(tmp_path):
    (tmp_path / "sources.yaml").write_text("sources: []")
    landed = read_landing(tmp_path)
    assert (landed.faults.height, landed.notices) == (0, ())
