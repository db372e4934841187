import csv
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.figures import Figure, forward_figures, redirect_figures
from loadtests.forwarding import Drained, Forwarding
from loadtests.generator import LoadResult
from loadtests.machine import Machine
from loadtests.percentiles import Latency
from loadtests.redirecting import ClickCheck, Redirecting
from loadtests.report import append_history, markdown, table
from loadtests.rounds import Round, Summary, summary_of

MACHINE = Machine("2026-11-20 08:00", "abc1234", "A processor", 2, "Linux 6", "3.11.7", "server on core 0", 0.5)
CHECK = ClickCheck(redirects=1000, unanswered=0, stored=1000, reported=1000)


def summary(rate: float, cpu_us: float = 20.0, others: float = 0.0) -> Summary:
    return Summary(3, rate, Latency(1.0, 2.0, 3.0, 4.0, 5.0), cpu_us, others, generator_busy=0.5)


REDIRECTING = Redirecting(
    closed={
        "nginx `return 302`": summary(100_000, 8),
        "bare uvicorn": summary(40_000),
        "redirector": summary(22_000, 40),
    },
    every_macro=summary(10_000, 90),
    offered=11_000,
    open_loop=summary(11_000),
    service_p99_ms=2.5,
    send_delay_p99_ms=0.25,
    bytes_per_click=471.4,
    bytes_every_macro=640,
    clicks_per_address=1.3,
    check=CHECK,
)
FORWARDING = Forwarding(
    summary(1600), summary(800), summary(4000), summary(2000), summary(100), 100, Drained(20_000, 8.0, 70.0, 0)
)


def test_the_median_round_counts_for_each_figure() -> None:
    def one(rate: float, p99: float, cpu_us: float) -> Round:
        latency = Latency(1, 2, p99, 4, 5)
        return Round(LoadResult(10, 10, {"302": 10}, rate, 0, latency, 0, 0, busy=rate / 100), cpu_us, others=0.01)

    found = summary_of([one(10, 9, 30), one(30, 1, 20), one(20, 5, 90)])
    assert (found.rounds, found.rate, found.latency.p99, found.cpu_us) == (3, 20, 5, 30)
    assert found.generator_busy == 0.3


@pytest.mark.parametrize(
    ("check", "ok"),
    [
        pytest.param(CHECK, True, id="every click is there"),
        pytest.param(replace(CHECK, stored=999, reported=999), False, id="one is lost"),
        pytest.param(replace(CHECK, stored=1001, reported=1001), False, id="one is there twice"),
        pytest.param(
            replace(CHECK, unanswered=2, stored=1001, reported=1001), True, id="one had no answer and is stored"
        ),
        pytest.param(replace(CHECK, unanswered=2, stored=1003, reported=1003), False, id="more than were ever sent"),
        pytest.param(replace(CHECK, reported=998), False, id="the report lacks some"),
        pytest.param(ClickCheck(0, 0, 0, 0), False, id="nothing was measured"),
    ],
)
def test_clicks_found_are_302s_received(check: ClickCheck, ok: bool) -> None:
    assert check.ok is ok


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        pytest.param(Figure("x", "", 0.5, 0.5), "pass", id="a lower limit that is just met"),
        pytest.param(Figure("x", "", 0.49, 0.5), "MISSED", id="a lower limit that is not"),
        pytest.param(Figure("x", "", 5.0, 5.0, at_most=True), "pass", id="an upper limit that is just met"),
        pytest.param(Figure("x", "", 5.1, 5.0, at_most=True), "MISSED", id="an upper limit that is not"),
        pytest.param(Figure("x", "", 5.1), "", id="no target"),
    ],
)
def test_a_figure_meets_its_target_or_says_so(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict


def test_the_figures_follow_from_what_was_measured() -> None:
    figures = {each.name: each.value for each in redirect_figures(REDIRECTING) + forward_figures(FORWARDING)}
    assert figures["ratio_to_bare"] == pytest.approx(0.55)
    assert figures["cpu_ratio_to_bare"] == pytest.approx(0.5)
    assert figures["every_macro_to_bare"] == pytest.approx(0.25)
    assert (figures["open_p99_ms"], figures["open_p999_ms"]) == (3.0, 4.0)
    assert figures["ratio_to_nginx"] == pytest.approx(0.22)
    assert (figures["installs_p99_ms"], figures["events_p99_ms"]) == (3.0, 3.0)
    assert figures["list_events_per_s"] == 10_000
    assert figures["deliveries_per_s"] == 2500


def test_a_table_is_aligned_text_left_and_figures_right() -> None:
    assert table(("", "count"), [["clicks", "1,000"], ["x", "7"]]).splitlines() == [
        "|        | count |",
        "| ------ | ----: |",
        "| clicks | 1,000 |",
        "| x      |     7 |",
    ]


def test_the_report_shows_every_contestant_every_target_and_the_count() -> None:
    text = markdown(MACHINE, REDIRECTING, FORWARDING)
    for expected in (
        "nginx `return 302`",
        "bare uvicorn",
        ">= 0.8",
        "p99.9 ms",
        "<= 450",
        "471",
        "1,000",
        "abc1234",
        "20,000",
        "installs, one by one |      800 |",
        "events, one by one   |    2,000 |",
    ):
        assert expected in text
    assert "Noise" not in text
    assert "was the limit" not in text


def test_a_disturbed_run_and_a_generator_at_its_limit_are_named() -> None:
    closed = {
        **REDIRECTING.closed,
        "bare uvicorn": summary(40_000, others=0.3),
        "nginx `return 302`": replace(summary(100_000), generator_busy=0.97),
    }
    text = markdown(MACHINE, replace(REDIRECTING, closed=closed), None)
    assert "bare uvicorn 30%" in text
    assert "was the limit** for: nginx `return 302` 97%" in text


def test_the_history_grows_by_a_line_and_keeps_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    append_history(path, MACHINE, REDIRECTING, None)
    append_history(path, replace(MACHINE, commit="def5678"), REDIRECTING, FORWARDING)
    with path.open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["commit"], second["commit"]) == ("abc1234", "def5678")
    assert first["redirector_rps"] == second["redirector_rps"] == "22000"
    assert (first["installs_per_s"], second["installs_per_s"]) == ("", "1600")
    assert second["clicks_ok"] == "yes"
