"""What the log says of visits that were refused at the socket."""

import json
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture
from structlog.typing import EventDict

from redirector import refusals
from redirector.counters import Counters
from tests.redirector.serving import Redirector, publish, running, wait_for
from tests.redirector.wire import exchange, request

TIMES = 20


def refused_lines(redirector: Redirector) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in redirector.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "visits refused"]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[EventDict]:
    """What the module logs, whatever level a server in this process was configured with before."""
    capture = LogCapture()
    bound = structlog.make_filtering_bound_logger("info")
    monkeypatch.setattr(refusals, "log", structlog.wrap_logger(None, [capture], bound))
    return capture.entries


def test_a_second_in_which_nobody_was_refused_writes_nothing(logged: list[EventDict]) -> None:
    refusals.log_refusals(Counters())
    assert logged == []


def test_each_reason_is_one_warning_with_its_count(logged: list[EventDict]) -> None:
    counters = Counters()
    counters.refused.update({"malformed": 30_000, "url too long": 2})
    refusals.log_refusals(counters)
    assert logged == [
        {"event": "visits refused", "log_level": "warning", "reason": "malformed", "times": 30_000},
        {"event": "visits refused", "log_level": "warning", "reason": "url too long", "times": 2},
    ]


def test_refused_visits_are_counted_in_the_log_which_says_nothing_of_who_they_were(
    redis_url: str, data_dir: Path
) -> None:
    publish(redis_url)
    with running(redis_url, data_dir) as redirector:
        for number in range(TIMES):
            exchange(
                redirector.port, request(f"/spring?ttclid=secret-{number}" + "a" * 9_000, user_agent="a-secret-app")
            )
        wait_for(lambda: sum(line["times"] for line in refused_lines(redirector)) == TIMES)
        lines = refused_lines(redirector)
        assert {line["reason"] for line in lines} == {"url too long"}
        assert all(set(line) <= {"event", "reason", "times", "level", "timestamp", "process"} for line in lines)
        text = redirector.log.read_text()
        assert "secret" not in text
        assert "127.0.0.1" not in "".join(map(str, lines))


def test_what_was_refused_in_the_last_second_is_written_at_the_stop(redis_url: str, data_dir: Path) -> None:
    publish(redis_url)
    with running(redis_url, data_dir) as redirector:
        exchange(redirector.port, b"GET /spring HTTP/1.1\r\nno colon here\r\n\r\n")
        assert redirector.stop() == 0
        assert [(line["reason"], line["times"]) for line in refused_lines(redirector)] == [("malformed", 1)]
