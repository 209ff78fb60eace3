"""The risk report says what the tables say, shows every section in every state, and needs nothing from outside."""

import dataclasses
import html
import re
from datetime import timedelta

import polars as pl
import pytest

from openmineral_dagster.lake.tables.risk import CONTRIBUTIONS, EXCLUDED, EXPOSURES, LIMITS, PNL, VAR
from openmineral_dagster.reporting.pages import number, percent, signed, usd
from openmineral_dagster.reporting.risk import charts, page
from openmineral_dagster.reporting.risk_markdown import markdown, plain
from openmineral_dagster.reporting.risk_tables import RiskTables, examined
from openmineral_dagster_tests.reporting.risk_night import BOOK, NIGHT, empty_night, many_portfolios, night, renamed

SECTIONS = ("headline", "limits", "explained", "portfolios", "contributions", "stress", "exams", "margin", "excluded")
HOSTILE = "<script>alert(1)</script> $\\frac$ | [a](javascript:b) 'q' \"&"
TABLES = night()
PAGE = page(NIGHT, TABLES, sample_data=False)


def text(shown):
    """What a reader sees, tags left out and entities read."""
    return html.unescape(re.sub(r"<[^>]+>", " ", shown))


def section(shown, name):
    """The text of one section."""
    return text(re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', shown, re.S)[1])


def of_book(frame, **wanted):
    return frame.filter(pl.col("portfolio") == "ALL", *(pl.col(name) == value for name, value in wanted.items()))


def few_nights(count):
    """The night with only the last `count` nights of profit and loss stored."""
    kept = TABLES.pnl["as_of_date"].unique().sort().tail(count)
    return dataclasses.replace(TABLES, pnl=TABLES.pnl.filter(pl.col("as_of_date").is_in(kept.to_list())))


def test_the_headline_is_the_published_row():
    row = of_book(TABLES.var, published=True, confidence=0.99, horizon_days=1).row(0, named=True)
    assert f'id="headline-var">USD {usd(row["var_usd"])}<' in PAGE
    assert f'id="headline-es">USD {usd(row["es_usd"])}<' in PAGE
    before = of_book(TABLES.var_before, published=True, confidence=0.99, horizon_days=1)["var_usd"].item()
    assert signed(row["var_usd"] - before) in section(PAGE, "headline")
    assert row["gate_status"] in section(PAGE, "headline")


@pytest.mark.parametrize("tables", [TABLES, empty_night(), night(BOOK[:1], nights=3)], ids=["full", "empty", "one portfolio"])
def test_every_section_is_there_in_every_state(tables):
    shown = page(NIGHT, tables, sample_data=False)
    assert [name for name in SECTIONS if f'<h2 id="{name}"' not in shown] == []
    assert "None" not in text(shown)
    assert "nan" not in text(shown)


def test_every_published_figure_of_every_portfolio_is_shown():
    shown = section(PAGE, "portfolios")
    read = TABLES.var.filter("published")
    figures = read.filter(pl.col("horizon_days") == 1)["var_usd"].to_list()
    figures += read.filter((pl.col("horizon_days") == 10) & (pl.col("confidence") == 0.99))["var_usd"].to_list()
    figures += read.filter((pl.col("horizon_days") == 1) & (pl.col("confidence") > 0.97))["es_usd"].to_list()
    assert [value for value in map(usd, figures) if value not in shown] == []
    assert "average of four, with tail margin" in shown


def test_a_portfolio_without_a_figure_is_listed_and_says_so():
    short = dataclasses.replace(TABLES, var=TABLES.var.filter(pl.col("portfolio") != "precious"))
    shown = section(page(NIGHT, short, sample_data=False), "portfolios")
    assert "precious" in shown
    assert "no figure: too little common history" in shown
    assert "adds up to" not in shown, "a sum without one of them is not the sum"


def test_the_components_add_up_and_the_page_prints_the_check():
    lines = of_book(TABLES.contributions, confidence=0.99)
    shown = section(PAGE, "contributions")
    assert f'id="components-sum">{usd(lines["component_var_usd"].sum())}<' in PAGE
    assert "difference 0" in shown
    assert [value for value in map(usd, lines["component_var_usd"]) if value not in shown] == []
    off = dataclasses.replace(TABLES, contributions=TABLES.contributions.with_columns(pl.col("component_var_usd") * 1.01))
    wrong = round(0.01 * lines["component_var_usd"].sum())
    assert f"difference {signed(wrong)}" in section(page(NIGHT, off, sample_data=False), "contributions")


def test_many_lines_are_summed_into_one_row_and_none_is_dropped():
    lines = tuple(dataclasses.replace(BOOK[0], delivery=f"20{27 + place // 12}-{place % 12 + 1:02d}") for place in range(40))
    shown = section(page(NIGHT, night(lines, nights=3), sample_data=False), "contributions")
    assert "15 smaller lines" in shown
    assert "difference 0" in shown


def test_breached_limits_come_first_with_their_arithmetic():
    shown = section(PAGE, "limits")
    row = TABLES.limits.filter("breached").row(0, named=True)
    assert shown.index("VAR_99 breached") < shown.index("CU_NET")
    assert row["recommendation"] in shown
    assert percent(row["utilisation"], 0) in shown
    assert "1 breached" in section(PAGE, "headline")


def test_profit_and_loss_is_explained_by_component_with_the_residual_and_the_clean_figure():
    shown = section(PAGE, "explained")
    rows = of_book(TABLES.pnl_explain).group_by("component").agg(pl.col("amount_usd").sum())
    assert [value for value in map(signed, rows["amount_usd"]) if value not in shown] == []
    assert "residual" in shown
    clean = of_book(TABLES.pnl, as_of_date=NIGHT)["pnl_usd"].item()
    assert f"{signed(clean)} 0" in " ".join(shown.split()), "the clean figure and no difference to it"


def test_stresses_stand_worst_first_with_their_basis():
    book = of_book(TABLES.stress).filter(pl.col("kind") != "reverse").group_by("scenario").agg(pl.col("pnl_usd").sum())
    table = PAGE[PAGE.index("basis of its moves") : PAGE.index("Reverse stress")]
    shown = [float(value.replace(",", "").replace("−", "-")) for value in re.findall(r"<td>([+−][\d,]+)</td>", table)]
    assert shown == [round(value) for value in sorted(book["pnl_usd"])]
    assert "own data from 2008-07-01 to 2008-12-31 (11)" in text(table)
    assert '<span class="outside">not covered (1)</span>' in table


def test_reverse_stress_is_said_in_moves_that_lose_the_sum():
    reverse = of_book(TABLES.stress, kind="reverse").sort("pnl_usd")
    worst = reverse.row(0, named=True)
    shown = section(PAGE, "stress")
    assert f"the book loses USD {usd(-reverse['pnl_usd'].sum())} if " in shown
    assert f"moves {percent(worst['move'], sign=True)} ({signed(worst['pnl_usd'])})" in shown


def test_a_reverse_stress_of_one_portfolio_alone_is_shown_too():
    alone = TABLES.stress.filter((pl.col("kind") != "reverse") | (pl.col("portfolio") == "hedges"))
    assert "hedges loses USD" in section(page(NIGHT, dataclasses.replace(TABLES, stress=alone), sample_data=False), "stress")


def test_a_price_that_can_be_negative_moves_in_its_unit():
    crude = dataclasses.replace(BOOK[0], instrument="CL", tenor="front", unit="bbl", quantity=50000.0, price=60.0)
    assert re.search(r"CL front moves −\d+\.\d\d USD/bbl", section(page(NIGHT, night((crude,)), sample_data=False), "stress"))


def test_exams_show_the_published_and_the_margin_free_figure_over_both_windows():
    shown = section(PAGE, "exams")
    for method in ("published", "average4", "historical_500"):
        for row in of_book(TABLES.backtest, method=method).to_dicts():
            assert number(row["kupiec_p"], 3) in shown
            assert number(row["n"] * (1 - row["confidence"]), 1) in shown
    assert "average of four, margin-free" in shown
    assert shown.index("Last 250 nights") < shown.index("All nights stored")


def test_a_failed_exam_is_marked_by_more_than_a_colour():
    failed = dataclasses.replace(TABLES, backtest=TABLES.backtest.with_columns(kupiec_p=pl.lit(0.0123), es_z2=pl.lit(-0.9)))
    shown = page(NIGHT, failed, sample_data=False)
    assert '<td class="outside">0.012*</td>' in shown
    rejected = 2 * TABLES.backtest.filter(pl.col("portfolio") == "ALL")["method"].n_unique()
    assert shown.count("−0.90*") == rejected // 2, "only of 250 nights at 97.5 percent"


def test_an_exam_that_has_no_answer_shows_a_dash():
    unanswered = TABLES.backtest.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("dynamic_quantile_p", "es_z2", "fz0")
    )
    shown = page(NIGHT, dataclasses.replace(TABLES, backtest=unanswered), sample_data=False)
    assert "<td>–</td><td>–</td><td>–</td>" in shown
    assert "None" not in text(shown)


def test_a_chart_that_leaves_scenarios_out_says_how_many_there_are():
    more = [TABLES.stress.with_columns(scenario=pl.format("{} again", "scenario")), TABLES.stress]
    shown = section(page(NIGHT, dataclasses.replace(TABLES, stress=pl.concat(more)), sample_data=False), "stress")
    assert "the 12 worst of 18" in shown


def test_the_chart_counts_the_nights_that_lost_more_than_the_figure_they_were_held_from():
    nights = examined(TABLES, "ALL", (0.99, 0.95))
    assert nights.height == 250
    for place in ("0", "1"):
        assert f"beyond it: {nights.filter(pl.col('pnl_usd') < -pl.col(place)).height}" in PAGE
    assert PAGE.count("<svg") == 3
    assert PAGE.count('<figure role="img" aria-label="') == 3


@pytest.mark.parametrize(("count", "words"), [(0, "0 nights are stored"), (1, "1 night is stored"), (9, "9 nights are stored")])
def test_too_few_nights_are_counted_in_words(count, words):
    shown = page(NIGHT, few_nights(count), sample_data=False)
    assert words in shown
    assert shown.count("<svg") == 2


def test_a_gap_in_the_history_is_no_breach_and_no_night():
    dates = TABLES.published["as_of_date"].unique().sort()
    gap = dataclasses.replace(TABLES, published=TABLES.published.filter(pl.col("as_of_date") != dates[100]))
    assert examined(gap, "ALL", (0.99,)).height == 249


def test_the_day_beyond_value_at_risk_is_called_so():
    lost = TABLES.pnl.with_columns(pnl_usd=pl.when(pl.col("as_of_date") == NIGHT).then(-9e6).otherwise("pnl_usd"))
    assert "beyond the" in " ".join(
        section(page(NIGHT, dataclasses.replace(TABLES, pnl=lost), sample_data=False), "headline").split()
    )
    assert "inside the" in " ".join(section(PAGE, "headline").split())


def test_the_three_worst_days_ask_for_initial_and_variation_margin():
    shown = section(PAGE, "margin")
    for row in of_book(TABLES.margin_calls).filter(pl.col("rank") <= 3).to_dicts():
        assert str(row["moved_on"]) in shown
        assert usd(row["initial_usd"] + row["variation_usd"]) in shown
    assert "2011-09-23" not in shown, "the fourth"


def test_what_is_in_no_figure_is_counted_near_the_top_and_listed_whole():
    assert "3 items are in no figure of this page" in " ".join(section(PAGE, "headline").split())
    shown = section(PAGE, "excluded")
    for row in TABLES.excluded.to_dicts():
        assert all(row[name] in shown for name in ("portfolio", "item", "field", "value", "reason"))
    assert "Nothing: every position" in page(NIGHT, dataclasses.replace(TABLES, excluded=EXCLUDED.empty()), sample_data=False)


def test_a_fallback_is_said_to_stand_in_the_place_of_the_method_of_choice():
    says = pl.when(pl.col("method") == "fhs_ewma94").then(pl.lit("average4_margin failed: Kupiec 0.003"))
    fallen = TABLES.var.with_columns(published=pl.col("method") == "fhs_ewma94", gate_status=says.otherwise("gate_status"))
    tables = dataclasses.replace(TABLES, var=fallen)
    shown = section(page(NIGHT, tables, sample_data=False), "headline")
    assert "A fallback is read in the place of the method of choice" in shown
    assert "average4_margin failed: Kupiec 0.003" in shown
    assert "Method or gate" in shown
    assert "Read: **a fallback**, filtered history, EWMA 0.94" in markdown(NIGHT, tables)
    assert "The method of choice is read" in section(PAGE, "headline")


def test_without_a_night_before_the_page_says_that_the_change_cannot_be_told():
    alone = {"var_before": VAR.empty(), "contributions_before": CONTRIBUTIONS.empty(), "exposures_before": EXPOSURES.empty()}
    shown = section(page(NIGHT, dataclasses.replace(TABLES, **alone), sample_data=False), "headline")
    assert "the change cannot be told" in shown


def test_an_empty_book_says_so_and_still_what_was_left_out():
    closed = dataclasses.replace(empty_night(), excluded=TABLES.excluded, var_before=TABLES.var_before)
    shown = page(NIGHT, closed, sample_data=False)
    assert "The book is empty" in shown
    assert "The night before, value at risk" in shown
    assert "3 items are in no figure" in shown
    assert "There is no published figure" in markdown(NIGHT, closed)
    assert charts(empty_night()) == {}


def hostile():
    """A night in which every name a person writes is hostile."""
    tables = night(renamed(BOOK, HOSTILE))
    words = {
        "excluded": ["portfolio", "item", "field", "value", "reason"],
        "limits": ["limit_id", "measure", "scope", "unit", "recommendation"],
        "stress": ["basis"],
        "margin_calls": ["basis"],
    }
    spoilt = {
        name: getattr(tables, name).with_columns((pl.lit(HOSTILE) + pl.col(column)).alias(column) for column in columns)
        for name, columns in words.items()
    }
    spoilt["stress"] = spoilt["stress"].with_columns(scenario=pl.lit(HOSTILE) + pl.col("scenario"))
    spoilt["var"] = tables.var.with_columns(gate_status=pl.lit(HOSTILE))
    return dataclasses.replace(tables, **spoilt)


def test_hostile_names_are_text():
    tables = hostile()
    shown = page(NIGHT, tables, sample_data=False)
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    short = markdown(NIGHT, tables)
    assert "<script" not in short
    assert "[a](" not in short
    assert all(line.replace("\\|", "").count("|") in (0, 4, 7) for line in short.splitlines())
    assert all(picture.startswith(b"\x89PNG") for picture in charts(tables).values())


@pytest.mark.parametrize("tables", [TABLES, night(many_portfolios(40))], ids=["full", "40 portfolios"])
def test_it_needs_nothing_from_outside_is_small_and_names_nothing_twice(tables):
    shown = page(NIGHT, tables, sample_data=False)
    assert not re.findall(r'(?:src|href)="(?!#)', shown.replace("xlink:href", "inside"))
    assert "<script" not in shown
    assert len(shown.encode()) < 1_000_000
    ids = re.findall(r' id="([^"]+)"', shown)
    assert len(ids) == len(set(ids))


def test_an_address_in_a_name_is_no_link():
    assert plain("https://a.b www.c.d e@f.g") == r"https\://a.b www\.c.d e\@f.g"
    assert len(plain("x" * 5000)) == 300


def test_forty_portfolios_are_all_listed():
    lines = many_portfolios(40)
    shown = section(page(NIGHT, night(lines, nights=20), sample_data=False), "portfolios")
    assert [line.portfolio for line in lines if line.portfolio not in shown] == []


def test_the_order_of_rows_changes_nothing():
    fields = [field.name for field in dataclasses.fields(RiskTables)]
    shuffled = RiskTables(**{name: getattr(TABLES, name).sample(fraction=1, shuffle=True, seed=3) for name in fields})
    assert page(NIGHT, shuffled, sample_data=False) == PAGE
    assert markdown(NIGHT, shuffled) == markdown(NIGHT, TABLES)


def test_a_night_without_profit_and_loss_of_its_own_does_not_borrow_the_last():
    older = TABLES.pnl.with_columns(pl.col("as_of_date") - timedelta(days=7))
    assert "no profit and loss is stored for this night" in page(NIGHT, dataclasses.replace(TABLES, pnl=older), sample_data=False)
    assert "none stored" in markdown(NIGHT, dataclasses.replace(TABLES, pnl=PNL.empty()))


def test_a_sample_is_marked():
    assert "SAMPLE DATA" not in PAGE
    assert "SAMPLE DATA" in page(NIGHT, TABLES, sample_data=True)


def test_the_short_version_has_the_figures_in_about_thirty_lines():
    short = markdown(NIGHT, TABLES)
    row = of_book(TABLES.var, published=True, confidence=0.99, horizon_days=1).row(0, named=True)
    assert f"**{usd(row['var_usd'])}**, expected shortfall {usd(row['es_usd'])}" in short
    assert "**1** of 4 breached" in short
    assert "GFC\\_2008" in short
    assert "average of four, margin-free 99 %" in short
    assert 20 <= len(short.splitlines()) <= 35
    assert "**0** of 0 breached" in markdown(NIGHT, dataclasses.replace(TABLES, limits=LIMITS.empty()))


def test_the_charts_are_small_pictures():
    drawn = charts(TABLES)
    assert set(drawn) == {"contributions", "stress", "pnl_against_var"}
    assert all(picture.startswith(b"\x89PNG") and len(picture) < 100_000 for picture in drawn.values())
