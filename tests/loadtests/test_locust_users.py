import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.journal import Journal
from loadtests.pacing import Pace
from loadtests.run import NoTargetError, Target, find_target, report, succeeded
from loadtests.shapes import SHAPES, Load

SUMMARY: dict[str, Any] = {"statuses": {"302": 10}, "achieved": 10}


def test_a_users_requests_are_due_by_the_clock_alone() -> None:
    pace = Pace(per_second=4.0, start=100.0)
    assert [pace.next_due() for _ in range(4)] == [100.0, 100.25, 100.5, 100.75]


@pytest.mark.parametrize(
    ("now", "offered"), [(99.9, 0), (100.0, 1), (100.3, 2), (101.0, 5)], ids=["before", "first", "between", "a second"]
)
def test_what_was_offered_does_not_depend_on_what_was_asked(now: float, offered: int) -> None:
    assert Pace(per_second=4.0, start=100.0).offered(now) == offered


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_stays_within_its_rate_and_reaches_it(shape: str) -> None:
    shares = [SHAPES[shape](step / 1000) for step in range(1000)]
    assert all(0 < share <= 1 for share in shares)
    assert max(shares) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("shape", "users"),
    [
        pytest.param("steady", [100, 100, 100, 100], id="steady"),
        pytest.param("ramp", [10, 30, 60, 100], id="ramp"),
        pytest.param("spike", [20, 20, 100, 20], id="spike"),
        pytest.param("ad-launch", [2, 78, 50, 36], id="ad-launch"),
    ],
)
def test_the_number_of_users_follows_the_shape(shape: str, users: list[int]) -> None:
    load = Load(shape=shape, rate=500, seconds=100, per_user=5)
    assert [load.users(at) for at in (0, 25, 50, 95)] == users


def test_a_run_is_over_when_its_time_is_up() -> None:
    load = Load(shape="steady", rate=500, seconds=100, per_user=5)
    assert load.users(99.9) == 100
    assert load.users(100) is None


def test_latencies_count_from_when_a_request_was_due_and_from_its_sending() -> None:
    journal = Journal(offered=3)
    journal.note("302", due=10.0, sent=10.5, answered=10.6)
    journal.note("0", due=11.0, sent=11.0, answered=11.2)
    found = journal.summary(seconds=2.0)
    assert found["from_due"]["max"] == pytest.approx(600)
    assert found["from_sending"]["max"] == pytest.approx(200)
    assert (found["offered_per_s"], found["achieved_per_s"]) == (1.5, 1.0)
    assert found["statuses"] == {"302": 1, "0": 1}


@pytest.mark.parametrize(
    ("summary", "stored", "ok"),
    [
        pytest.param(SUMMARY, 10, True, id="all stored"),
        pytest.param(SUMMARY, None, True, id="not counted"),
        pytest.param(SUMMARY, 9, False, id="one lost"),
        pytest.param({"statuses": {"302": 9, "500": 1}, "achieved": 10}, 9, False, id="one error"),
        pytest.param({"statuses": {}, "achieved": 0}, 0, False, id="nothing asked"),
    ],
)
def test_a_run_succeeds_when_every_answer_was_a_stored_302(
    summary: dict[str, Any], stored: int | None, ok: bool
) -> None:
    assert succeeded(summary, stored) is ok


def test_the_report_shows_offered_against_achieved_and_what_was_stored() -> None:
    journal = Journal(offered=1200)
    for _ in range(1100):
        journal.note("302", 0.0, 0.0, 0.002)
    text = report("http://127.0.0.1:8000/demo", "spike", journal.summary(10.0), 1100)
    for expected in ("spike", "120.0", "110.0", "1,200", "1,100", "clicks stored", "2.00"):
        assert expected in text


def test_a_named_link_is_loaded_as_named(tmp_path: Path) -> None:
    assert find_target("http://a.example/x", "", tmp_path) == Target("http://a.example/x", "")


def test_without_a_link_the_demo_of_the_running_server_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text(json.dumps({"slug": "demo"}))
    running = {
        "processes": {"redirector": {"pid": 1, "url": "http://127.0.0.1:8000"}},
        "settings": {"REDIS_URL": "unix:///x"},
    }
    (tmp_path / "run.json").write_text(json.dumps(running))
    assert find_target("", "", tmp_path) == Target("http://127.0.0.1:8000/demo", "unix:///x")


def test_with_nothing_to_load_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoTargetError, match="--url"):
        find_target("", "", tmp_path)
