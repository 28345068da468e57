"""The report: one page that needs no network, tells the truth and says what is missing."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser

import psycopg
import pytest
from click.testing import CliRunner

from panels import boards
from report import charts, render, theme, units
from report.__main__ import main
from report.proof import proof
from report.sources import Result

TOPIC = {
    "topic": "coincap.markets",
    "published": 66,
    "stored": 64,
    "dead_lettered": 2,
    "missing": 0,
    "duplicates": 0,
    "wrong": 0,
}
SUMMARY = {
    "topics": [TOPIC],
    "stages": [{"name": "Kafka", "seconds": 6.0}, {"name": "Spark", "seconds": 41.5}],
    "dbt": {"models": 31, "models_passed": 31, "tests": 104, "tests_passed": 103},
    "commands": 1,
    "seconds_to_first_chart": 151.3,
    "peak_memory_mib": 4312.5,
}
REPORTED = [panel for board in boards() for panel in board.panels if panel.report]


class Page(HTMLParser):
    """Collects ids, addresses and text, and refuses tags that are left open."""

    VOID = ("meta", "link", "br", "path", "use", "rect", "circle", "line")

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.addresses, self.text, self.open = [], [], [], []
        self.feed(text)
        assert self.open in ([], ["html"])

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href") or "url(" in (value or ""):
                self.addresses.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def page(filled, tmp_path_factory):
    made = render(filled, tmp_path_factory.mktemp("report") / "r.html", summary=SUMMARY)
    assert made.problems == ()
    return made.path.read_text("utf-8")


def test_the_page_is_whole_and_asks_nobody_for_anything(page):
    parsed = Page(page)
    assert [a for a in parsed.addresses if not re.match(r"#|url\(#|data:,$", a)] == []
    assert "<script" not in page
    assert "@import" not in page
    assert [i for i, times in Counter(parsed.ids).items() if times > 1] == []
    referred = {a.strip("url()").removeprefix("#") for a in parsed.addresses if "#" in a}
    assert referred
    assert referred <= set(parsed.ids)


def test_every_figure_is_there_with_its_title_and_unit(page):
    text = " ".join(Page(page).text)
    for panel in REPORTED:
        title = panel.title if panel.chart != "candles" else panel.title[1:]
        assert title in text, panel.name
    for axis in ("USD", "percent", "milliseconds", "trading pairs", "rows, logarithmic", "UTC"):
        assert axis in text


def test_no_colour_is_fixed_so_that_both_themes_hold(page):
    for stand_in in theme.VARIABLES:
        assert stand_in not in page
    drawings = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(drawings) >= 3 * 5
    assert set(re.findall(r"#[0-9a-f]{6}\b", "".join(drawings))) <= set()
    for name in set(re.findall(r"var\((--[a-z0-9-]+)\)", page)):
        assert page.count(f"{name}: ") >= (1 if name == "--font" else 2), f"{name} in one theme"


def test_each_drawing_comes_in_three_widths(page):
    found = re.findall(r'id="([a-z]+-[a-z-]+)-(\d+)-figure_1"', page)
    drawn = {f"{p.board}-{p.name}".replace("_", "-") for p in REPORTED if p.chart in charts.DRAW}
    missing = {"warehouse-candles-hourly"}  # no warehouse was given
    assert drawn > missing
    assert Counter(name for name, _ in found) == dict.fromkeys(drawn - missing | {"run-stages"}, 3)
    assert len(set(found)) == len(found)


def test_all_digits_of_a_price_are_kept_beside_the_short_form(page):
    assert re.search(r'title="66982\.6\d{17}">\$66,982\.63<', page)


def test_the_proof_says_yes_only_where_everything_is_accounted_for():
    assert proof(SUMMARY).holds
    assert not proof({"topics": [TOPIC | {"missing": 1}]}).holds
    assert not proof({"topics": [TOPIC | {"duplicates": 1}]}).holds
    assert not proof({"topics": [TOPIC | {"wrong": 1}]}).holds
    assert not proof({"topics": [TOPIC | {"stored": 63}]}).holds
    assert not proof(None).holds


def test_a_lost_row_turns_the_verdict(filled, tmp_path):
    lost = {"topics": [TOPIC | {"missing": 3, "stored": 61}]}
    text = render(filled, tmp_path / "r.html", summary=lost).path.read_text("utf-8")
    assert 'class="verdict bad">3 rows are missing, 0 are doubled' in text
    assert "Nothing lost" not in text


def test_an_empty_stack_is_explained_panel_by_panel(empty, tmp_path):
    made = render(empty, tmp_path / "r.html")
    text = " ".join(Page(made.path.read_text("utf-8")).text)
    assert made.problems == ()
    for panel in REPORTED:
        assert panel.empty in text


def test_a_warehouse_that_does_not_answer_is_named_on_the_page_and_in_the_exit_code(
    filled, tmp_path
):
    out = tmp_path / "r.html"
    done = CliRunner().invoke(
        main, ["--dsn", filled, "--bigquery", "http://127.0.0.1:1", "--out", str(out)]
    )
    assert done.exit_code == 1
    assert "warehouse/candles_hourly: " in done.output
    assert "Could not be read" in out.read_text("utf-8")


def test_a_database_that_does_not_answer_is_one_line(tmp_path):
    dsn = "host=127.0.0.1 port=1 dbname=coincap"
    done = CliRunner().invoke(main, ["--dsn", dsn, "--out", str(tmp_path / "r.html")])
    assert done.exit_code == 2
    assert "is the stack running?" in done.output.splitlines()[-1]


def test_the_command_reads_the_summary_and_names_its_page(filled, tmp_path):
    summary, out = tmp_path / "summary.json", tmp_path / "r.html"
    summary.write_text(json.dumps(SUMMARY))
    done = CliRunner().invoke(main, ["--dsn", filled, "--summary", str(summary), "--out", str(out)])
    assert (done.exit_code, done.output.strip()) == (0, str(out))
    said = out.read_text("utf-8")
    assert "Nothing lost, nothing doubled: 66 rows published, 64 stored and 2 dead-letter" in said
    assert "had refused" not in said


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (120, "Before that, the functions had refused 120 rows, each with its reason"),
        (1, "Before that, the functions had refused 1 row, with its reason"),
    ],
)
def test_the_proof_says_what_the_functions_refused_too(refused, said, empty, tmp_path):
    summary = SUMMARY | {"refused_by_functions": refused}
    text = render(empty, tmp_path / "r.html", summary=summary).path.read_text("utf-8")
    assert "dead-lettered by the stream with a reason. " + said in text


def test_a_name_from_outside_is_text_and_never_markup(filled, tmp_path):
    hostile = "<script>alert(1)</script>"
    with psycopg.connect(filled) as db:
        db.execute("update market.assets set name = %s where id = 'bitcoin'", [hostile])
    try:
        text = render(filled, tmp_path / "r.html").path.read_text("utf-8")
    finally:
        with psycopg.connect(filled) as db:
            db.execute("update market.assets set name = 'Bitcoin' where id = 'bitcoin'")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Decimal("1321000000000"), "USD", "$1.32 T"),
        (Decimal("0.000018330000000000"), "USD", "$0.00001833"),
        (Decimal("1.0002"), "USD", "$1.0002"),
        (Decimal("66982.63"), "USD", "$66,982.63"),
        (Decimal("-5300000"), "USD", "-$5.30 M"),
        (Decimal("61.4"), "percent", "61.40 %"),
        (182, "ms", "182 ms"),
        (39, "s", "39 s"),
        (80, "s", "1 min 20 s"),
        (120, "s", "2 min"),
        (497, "s", "8 min 17 s"),
        (16000, "s", "4 h 26 min"),
        (86400 * 31, "s", "31 days"),
        (None, "USD", "–"),
        (12345, "count", "12,345"),
        (0, "USD", "$0.00"),
    ],
)
def test_numbers_read_as_people_write_them(value, unit, text):
    assert units.show(value, unit).replace(units.NARROW, " ") == text


def test_one_critical_alert_makes_the_number_of_alerts_bad():
    from panels import panel
    from report import cards

    alerts = panel("health/alerts_now")
    assert 'class="card stat bad"' in cards.stat(alerts, Result([{"alerts": 3, "critical": 1}]))
    assert 'class="card stat warn"' in cards.stat(alerts, Result([{"alerts": 3, "critical": 0}]))
    newest = panel("health/newest_row")
    row = {"age_s": 80_000, "newest": datetime(2026, 1, 1, tzinfo=UTC)}
    assert 'class="card stat "' in cards.stat(newest, Result([row]))


def test_a_sentence_in_a_table_has_a_line_of_its_own_on_a_phone_and_no_word_is_cut():
    from report import cards

    row = {"at": datetime(2026, 1, 1, tzinfo=UTC), "n": 3, "of": "open", "said": "word " * 12}
    text = cards.table([row], {})
    assert '<td data-label="said" class=long>word' in text
    assert '<td data-label="at" class=time>2026-01-01 00:00:00' in text
    assert '<td data-label="of">open' in text


def test_a_lone_hour_is_drawn_as_wide_as_an_hour():
    from matplotlib.figure import Figure

    from report import timed

    row = {"time": datetime(2026, 1, 1, 7, tzinfo=UTC), "vwap": None}
    row |= {"open": Decimal(1), "high": Decimal(3), "low": Decimal(1), "close": Decimal(2)}
    axis = Figure().add_subplot()
    (hourly,) = [each for each in REPORTED if each.name == "candles_hourly"]
    timed.candles(axis, hourly, [row], 320)
    first, last = axis.get_xlim()
    assert round((last - first) * 24, 6) == 3


def test_candles_of_one_sample_each_still_show_the_way_and_claim_no_direction():
    panel = next(panel for panel in REPORTED if panel.name == "candles")
    start = datetime(2024, 10, 17, 12, tzinfo=UTC)
    rows = [
        dict.fromkeys(("open", "high", "low", "close"), Decimal(60000 + i))
        | {"time": start + timedelta(minutes=i), "vwap": None}
        for i in range(5)
    ]
    drawing = charts.svg(panel, rows)[-1]
    assert "unchanged" in drawing
    assert "rose" not in drawing
    assert "fell" not in drawing
    assert "stroke: var(--muted)" in drawing
    one = charts.svg(panel, rows[:1])
    assert all("unchanged" in each for each in one)


def test_minutes_of_one_sample_are_gathered_into_candles_that_have_a_body(filled, tmp_path):
    with psycopg.connect(filled) as db:
        db.execute("update market.asset_candles_1m set samples = 1 where asset_id = 'bitcoin'")
    try:
        text = render(filled, tmp_path / "r.html").path.read_text("utf-8")
    finally:
        with psycopg.connect(filled) as db:
            db.execute("update market.asset_candles_1m set samples = 4")
    assert "Bitcoin: price in candles of 5 minutes" in text


@pytest.mark.parametrize("minutes", [2, 5, 30, 180])
def test_a_time_axis_names_at_least_two_times_at_every_width(minutes):
    panel = next(panel for panel in REPORTED if panel.name == "candles")
    start = datetime(2024, 10, 17, 12, tzinfo=UTC)
    rows = [
        dict.fromkeys(("open", "high", "low", "close"), Decimal(60000 + i))
        | {"time": start + timedelta(minutes=i), "vwap": None}
        for i in range(minutes)
    ]
    for drawing in charts.svg(panel, rows):
        assert len(set(re.findall(r">(\d\d:\d\d)<", drawing))) >= 2
