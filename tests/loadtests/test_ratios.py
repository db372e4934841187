from dataclasses import replace

from loadtests.against import EVERY_MACRO, LISTS, LOADS, REDIRECTS, Measured
from loadtests.forwarding import Drained
from loadtests.ratios import comparison, ratios_of
from tests.loadtests.test_report import CHECK, MACHINE, summary

THEN = Measured({name: summary(1_000, 400) for name in LOADS}, Drained(20_000, 8.0, 100.0, 0), 350.0, CHECK)
NOW = Measured(
    {**THEN.loads, REDIRECTS: summary(1_500, 300), LISTS: summary(2_000, 200)},
    Drained(20_000, 4.0, 40.0, 0),
    70.0,
    CHECK,
)


def test_every_ratio_is_now_divided_by_then() -> None:
    found = {each.text: each for each in ratios_of(THEN, NOW)}
    assert {text: each.value for text, each in found.items()} == {
        "redirects, per second": 1.5,
        "redirects, CPU us each": 0.75,
        f"{EVERY_MACRO}, per second": 1.0,
        f"{EVERY_MACRO}, CPU us each": 1.0,
        "single installs, per second": 1.0,
        "single installs, CPU us each": 1.0,
        "single events, per second": 1.0,
        "single events, CPU us each": 1.0,
        "events in lists of 100, per second": 2.0,
        "events in lists of 100, CPU us each": 0.5,
        "deliveries drained, per second": 2.0,
        "deliveries drained, CPU us each": 0.4,
        "bytes of Redis memory per click": 0.2,
    }
    assert found["events in lists of 100, per second"].now == 200_000
    assert [text for text, each in found.items() if each.less] == [
        text for text in found if "CPU" in text or "memory" in text
    ]


def test_the_table_names_both_commits_and_shows_then_now_and_their_ratio() -> None:
    text = comparison(MACHINE, "f1693f9", THEN, NOW)
    (line,) = (line for line in text.splitlines() if line.startswith("| redirects, per second"))
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "redirects, per second", "1,000", "1,500", "1.50", "more",
    ]  # fmt: skip
    assert "then, f1693f9" in text
    assert "now, abc1234" in text
    assert "**" not in text


def test_lost_clicks_and_a_busy_core_are_said_of_the_side_that_had_them() -> None:
    lost = replace(NOW, check=replace(CHECK, stored=999))
    busy = replace(THEN, loads={**THEN.loads, EVERY_MACRO: summary(1_000, others=0.3)})
    text = comparison(MACHINE, "f1693f9", busy, lost)
    assert "**Clicks of abc1234 are not each there, once**: 1,000 302s, 999 in Redis" in text
    assert f"{EVERY_MACRO}, then: 30%" in text
    assert "Clicks of f1693f9" not in text


def test_nothing_measured_then_is_no_division_by_nothing() -> None:
    nothing = replace(THEN, bytes_per_click=0.0)
    assert ratios_of(nothing, NOW)[-1].value == 0.0
