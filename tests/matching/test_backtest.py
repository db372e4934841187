"""The backtest as a user sees it: files in, lines out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from backtest.click_feed import STRETCH, ClickFeed
from backtest.lines import click_of, read_clicks, read_installs
from backtest.policy import policies_of
from backtest.runner import Backtest, Totals
from backtest.visit_reader import RecordedVisitReader
from cli.__main__ import app
from clicks.connection import connect
from ledger.apps import AppSettings
from tests.matching.conftest import Run
from tests.matching.knobs import PLAIN
from tests.matching.recorded import BOT, IPHONE, click, install, written
from tests.matching.world import make_world
from tests.redis_clients import open_redis

OWN_ID = "A" * 22


def test_every_install_has_one_line_with_exactly_the_documented_fields(backtest: Run) -> None:
    answers = backtest(
        [click(click_id=OWN_ID)], [install("i-1"), install("i-2", "11:00:00", ip="198.51.100.1")]
    ).answers
    assert [list(answer) for answer in answers] == [
        ["install_id", "method", "probability", "click_id", "reason", "candidates"]
    ] * 2
    assert [(answer["install_id"], answer["method"], answer["click_id"]) for answer in answers] == [
        ("i-1", "probabilistic", OWN_ID), ("i-2", "none", None),
    ]  # fmt: skip
    assert answers[0]["probability"] >= 0.9
    assert answers[1]["reason"]


def test_the_same_files_give_the_same_bytes(backtest: Run) -> None:
    world = make_world(replace(PLAIN, clicks=300, referrer=0.5), 9)
    clicks = [{name: value for name, value in line.items() if name != "click_id"} for line in world.clicks]
    assert backtest(clicks, world.installs).stdout == backtest(clicks, world.installs).stdout
    assert any(answer["click_id"] for answer in backtest(clicks, world.installs).answers)


@pytest.mark.parametrize("given", ["B" * 22, "7", "a/b c", "ünïcode"], ids=["22 letters", "short", "odd", "not ascii"])
def test_a_referrer_finds_the_click_that_carries_its_id(backtest: Run, given: str) -> None:
    named = install(ip="198.51.100.1", install_referrer=f"click_id={quote(given, safe='')}&utm_source=tiktok")
    answer = backtest([click(click_id=given)], [named]).one
    assert (answer["method"], answer["click_id"]) == ("referrer", given)


def test_an_id_from_a_link_finds_its_click(backtest: Run) -> None:
    answer = backtest([click(click_id=OWN_ID)], [install(ip="198.51.100.1", click_id=OWN_ID)]).one
    assert (answer["method"], answer["click_id"]) == ("click_id", OWN_ID)


def test_an_id_that_no_click_carries_is_not_credited(backtest: Run) -> None:
    answer = backtest([click()], [install(ip="198.51.100.1", install_referrer=f"click_id={'C' * 22}")]).one
    assert (answer["method"], answer["click_id"]) == ("none", None)


def test_clicks_without_an_id_are_given_one(backtest: Run) -> None:
    assert len(backtest([click()], [install()]).one["click_id"]) == 22


@pytest.mark.parametrize("agent", [BOT, "thirdLandingPageFeInfra", "", "curl/8.0"])
def test_visits_of_no_person_are_no_candidates(backtest: Run, agent: str) -> None:
    answer = backtest([click(user_agent=agent)], [install(install_referrer=f"click_id={OWN_ID}")]).one
    assert (answer["method"], answer["candidates"]) == ("none", [])


def test_a_click_is_credited_once(backtest: Run) -> None:
    answers = backtest([click()], [install("i-1"), install("i-2", "10:05:00")]).answers
    assert [answer["method"] for answer in answers] == ["probabilistic", "none"]


def test_an_install_that_is_reported_again_gets_the_same_answer(backtest: Run) -> None:
    ran = backtest(
        [click()],
        [
            install(),
            install(at="10:06:00"),
            *[install(f"o{n}", "10:07:00", ip="198.51.100.9") for n in range(STRETCH)],
            install(at="10:08:00"),
        ],
    )
    answers = [answer for answer in ran.answers if answer["install_id"] == "i-1"]
    assert len(answers) == 3
    assert answers[0]["method"] == "probabilistic"
    assert answers[1] == answers[2] == answers[0]


@pytest.mark.parametrize(("at", "method"), [("10:04:20", "probabilistic"), ("10:04:31", "none")])
def test_a_click_may_lie_thirty_seconds_after_its_install_and_no_more(backtest: Run, at: str, method: str) -> None:
    assert backtest([click(at)], [install()]).one["method"] == method


@pytest.mark.parametrize(
    ("clock", "method"),
    [("10:04:00", "probabilistic"), ("13:00:00", "probabilistic"), ("09:00:00", "none")],
    ids=["right", "ahead: reported between its neighbours", "behind: before its click"],
)
def test_a_phone_whose_clock_is_wrong_does_not_upset_the_others(backtest: Run, clock: str, method: str) -> None:
    around = [install(f"i-{minute}", f"10:0{minute}:00", ip=f"198.51.100.{minute}") for minute in range(1, 9)]
    clicks = [click(), *[click(f"10:0{minute}:30", ip=f"198.51.100.{minute + 1}") for minute in range(4, 8)]]
    answers = {
        a["install_id"]: a["method"] for a in backtest(clicks, [*around[:4], install("x", clock), *around[4:]]).answers
    }
    assert answers == {f"i-{minute}": "probabilistic" if minute > 4 else "none" for minute in range(1, 9)} | {
        "x": method
    }


def test_another_apps_click_is_never_credited(backtest: Run) -> None:
    assert backtest([click(app_id="app_other")], [install()]).one["click_id"] is None
    assert backtest([click(app_id="app_other")], [install(app_id="app_other")]).one["click_id"] is not None


def test_who_refused_is_not_matched(backtest: Run) -> None:
    denied = install(consent={"marketing": "denied"}, install_referrer=f"click_id={OWN_ID}")
    answer = backtest([click(click_id=OWN_ID)], [denied]).one
    assert (answer["method"], answer["reason"]) == ("none", "consent denied")


def test_what_a_bridge_page_told_takes_part(backtest: Run) -> None:
    device = {
        "os_version": "18.6.2",
        "screen": {"width": 402, "height": 874, "scale": 3},
        "timezone": "America/New_York",
    }
    iphone = install(platform="ios", device=device)
    told = {"screen": {"width": 402, "height": 874, "scale": 3}, "timezone": "America/New_York", "touch_points": 5}
    plain, enriched = (
        backtest([click(user_agent=IPHONE, enrichment=enrichment)], [iphone]).one["probability"]
        for enrichment in (None, told)
    )
    assert enriched > plain


def test_another_window_credits_other_installs(backtest: Run) -> None:
    clicks, installs = [click("01:00:00")], [install(at="10:04:00")]
    assert backtest(clicks, installs, "--policy", "match_threshold=0.5").one["method"] == "probabilistic"
    tried = ("--policy", "match_threshold=0.5", "--policy", "match_window_hours=6")
    assert backtest(clicks, installs, *tried).one["method"] == "none"


def test_consent_to_probabilistic_matching_is_part_of_the_policy(backtest: Run) -> None:
    silent = install(consent=None)
    assert backtest([click()], [silent]).one["method"] == "none"
    assert backtest([click()], [silent], "--policy", "probabilistic_android=always").one["method"] == "probabilistic"


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("window=6", "window: is not a setting; known are match_threshold, match_window_hours, probabilistic_android"),
        ("match_threshold=2", "match_threshold: must be a probability"),
        ("name=x", "name: is not a setting"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(backtest: Run, policy: str, said: str) -> None:
    ran = backtest([click()], [install()], "--policy", policy)
    assert (ran.status, ran.stdout) == (1, "")
    assert said in ran.stderr


def test_a_policy_without_a_value_is_wrong_usage(backtest: Run) -> None:
    ran = backtest([click()], [install()], "--policy", "match_window_hours")
    assert (ran.status, ran.stdout) == (2, "")
    assert "KEY=VALUE" in ran.stderr


def test_a_summary_is_one_object_whose_totals_agree(backtest: Run) -> None:
    world = make_world(replace(PLAIN, clicks=300, referrer=0.5), 2)
    summary = json.loads(backtest(world.clicks, world.installs, "--summary").stdout)
    answers = backtest(world.clicks, world.installs).answers
    assert summary["installs"] == len(answers) == sum(summary["methods"].values())
    assert summary["credited"] == sum(answer["click_id"] is not None for answer in answers)
    by_platform = [count for methods in summary["platforms"].values() for count in methods.values()]
    assert sum(by_platform) == summary["installs"]
    assert sum(bin_["installs"] for bin_ in summary["probabilities"]) == summary["credited"]
    assert summary["clicks"] + summary["visits"] == len(world.clicks)


def but(line: dict[str, Any], **fields: Any) -> str:
    return json.dumps(line | fields)


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("clicks", "{", "line 2: is not one JSON object"),
        ("clicks", "[1]", "line 2: must be object"),
        ("clicks", but(click(), clicked_at=None), "line 2: clicked_at: must be"),
        ("clicks", but(click(), clicked_at="yesterday"), "line 2: clicked_at: must be RFC 3339"),
        ("clicks", but(click(), ip="home"), "line 2: ip: must be an IPv4 or IPv6 address"),
        ("clicks", '{"clicked_at": 1793527200}', "line 2: ip: is required"),
        ("clicks", but(click(), clicked_at="2026-10-30T00:00:00Z"), "line 2: clicked_at: lies more than a day before"),
        ("installs", but(install(), platform="symbian"), "line 2: platform: must be ios or android"),
        ("installs", '{"install_id": "1", "platform": "ios"}', "line 2: occurred_at: is required"),
        ("installs", but(install(), install_id=""), "line 2: install_id: must have 1 to 200 characters"),
        ("installs", but(install(), device={"screen": 3}), "line 2: device.screen: must be"),
    ],
)
def test_a_bad_line_is_named_by_file_line_and_field(backtest: Run, file: str, line: str, said: str) -> None:
    clicks, installs = [click()], [install()]
    ran = backtest([*clicks, line], installs) if file == "clicks" else backtest(clicks, [*installs, line])
    assert ran.status == 1
    assert f"{file}.ndjson {said}" in ran.stderr


def test_without_a_redis_of_ones_own_one_is_started_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(data_dir))
    files = written(tmp_path / "clicks.ndjson", [click()]), written(tmp_path / "installs.ndjson", [install()])
    ran = CliRunner().invoke(app, ("match", "backtest", "--clicks", str(files[0]), "--installs", str(files[1])))
    assert json.loads(ran.stdout)["method"] == "probabilistic"
    assert list(data_dir.iterdir()) == []


def test_a_redis_that_holds_something_is_not_touched(backtest: Run, redis_url: str) -> None:
    with open_redis(redis_url) as client:
        client.set("live", 1)
        ran = backtest([click()], [install()])
        assert ran.status == 1
        assert "not empty" in ran.stderr
        assert client.keys() == [b"live"]


def test_the_named_redis_is_empty_again_afterwards(backtest: Run, redis_url: str) -> None:
    assert backtest([click()], [install()]).status == 0
    with open_redis(redis_url) as client:
        assert client.dbsize() == 0


def clicks_counted(path: Path, counted: list[int]) -> Iterator[Any]:
    for line in read_clicks(path):
        counted[0] += 1
        yield line


@pytest.mark.anyio
@pytest.mark.usefixtures("one_redis")  # as a backtest's own
async def test_files_are_read_as_needed_and_old_clicks_forgotten(redis_url: str, tmp_path: Path) -> None:
    clicks = [
        click(
            clicked_at=f"2026-{9 + day // 30:02}-{day % 30 + 1:02}T10:{n // 60:02}:{n % 60:02}Z", ip=f"10.{day}.0.{n}"
        )
        for day in range(60)
        for n in range(100)
    ]
    installs = [
        install("first", occurred_at="2026-09-01T10:30:00Z"),
        install("next", occurred_at="2026-09-02T10:30:00Z"),
        install("last", occurred_at="2026-10-30T23:00:00Z"),
    ]
    files = written(tmp_path / "c.ndjson", clicks), written(tmp_path / "i.ndjson", installs)
    client, read = connect(redis_url), [0]
    feed = ClickFeed(client, RecordedVisitReader(client, "a", {}), clicks_counted(files[0], read))
    outcomes = Backtest(client, feed, policies_of(AppSettings()), Totals()).run(read_installs(files[1], "a"))
    assert (await anext(outcomes)).answer.install_id == "first"
    assert read[0] <= 2 * STRETCH  # no further than the next installs need
    assert [(await anext(outcomes)).answer.install_id for _ in range(2)] == ["next", "last"]
    kept = await client.keys("c:*")
    await client.aclose()
    assert read[0] == len(clicks)
    assert 28 * 100 <= len(kept) <= 35 * 100


def test_a_line_is_read_with_every_documented_field() -> None:
    text = json.dumps(click(click_id="x", ttp="t", link="spring", enrichment={"timezone": "Europe/Berlin"}))
    line = click_of(text.encode())
    assert (line.click_id, line.ttp, line.link, line.enrichment) == ("x", "t", "spring", {"timezone": "Europe/Berlin"})
