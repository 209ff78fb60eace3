"""GDELT's graph: the items on mining and metals by their themes, and nothing of the rest of the world."""

from openmineral_dagster_tests.sources.landings import faults, lines, read, values


def row(number, themes="ENV_MINING", title="Copper mine reopens", stamp="20261120210000"):
    fields = [""] * 27
    fields[0], fields[1], fields[3], fields[4], fields[7] = (
        f"{stamp}-{number}",
        stamp,
        "example.org",
        "https://example.org/1",
        themes,
    )
    fields[26] = f"<PAGE_TITLE>{title}</PAGE_TITLE>"
    return "\t".join(fields)


def landed(tmp_path, *items):
    return read(tmp_path, {"news/20261120210000.gkg.csv": lines(*items)})


def test_only_items_on_mining_and_metals_are_kept(tmp_path):
    landing = landed(tmp_path, row(1), row(2, "SPORTS;TAX"), row(3, "SPORTS;WB_1699_METAL_ORE_MINING", "Union &#38; strike"))
    assert values(landing, "market.news", "news_id", "headline", "source") == [
        ("20261120210000-1", "Copper mine reopens", "example.org"),
        ("20261120210000-3", "Union & strike", "example.org"),
    ]


def test_an_item_without_a_title_or_a_time_is_quarantined(tmp_path):
    landing = landed(tmp_path, row(1), row(2, title=""), row(3, stamp="20269920210000"))
    assert sorted(faults(landing, "field")) == [("headline",), ("published_at",)]
