"""Faults: what may be scripted, which request a fault hits, in which order."""

from typing import Any

import msgspec
import pytest

from sandbox.faults import Fault, FaultQueue

PATH = "/open_api/v1.3/event/track/"


def _fault(**fields: Any) -> Fault:
    return msgspec.convert({"endpoint": "event/track", **fields}, type=Fault)


@pytest.mark.parametrize(
    ("endpoint", "hit"),
    [
        ("*", True),
        ("event/track", True),
        ("/event/track/", True),
        ("track", True),
        (PATH, True),
        ("rack", False),
        ("event", False),
        ("report/integrated/get", False),
        ("/other" + PATH, False),
    ],
)
def test_an_endpoint_is_matched_by_its_last_whole_segments(endpoint: str, hit: bool) -> None:
    assert _fault(endpoint=endpoint, status=500).matches(PATH) is hit


@pytest.mark.parametrize(
    ("fields", "takes"),
    [
        ({"status": 502}, False),
        ({"code": 40100}, False),
        ({"code": 20001}, True),
        ({"code": 0}, True),
        ({"body": "{"}, False),
        ({"body": "{", "take": True}, True),
        ({"status": 504, "take": True}, True),
        ({"delay_s": 1}, True),
        ({"delay_s": 1, "code": 50000}, False),
        ({"drop": "before"}, False),
        ({"drop": "after"}, True),
        ({"drop": True}, True),
    ],
    ids=str,
)
def test_a_fault_says_whether_the_events_are_taken_all_the_same(fields: dict[str, Any], takes: bool) -> None:
    assert _fault(**fields).takes is takes


def test_faults_are_taken_first_in_first_out_as_often_as_asked() -> None:
    queue = FaultQueue()
    queue.add(_fault(code=50000, times=2))
    queue.add(_fault(status=502))
    taken = [queue.take(PATH) for _ in range(4)]
    assert [fault and (fault.code or fault.status) for fault in taken] == [50000, 50000, 502, None]


def test_a_fault_waits_for_a_request_it_matches() -> None:
    queue = FaultQueue()
    queue.add(_fault(endpoint="pixel/list", status=500))
    queue.add(_fault(status=502))
    first = queue.take(PATH)
    assert first is not None
    assert first.status == 502
    assert [waiting.fault.endpoint for waiting in queue.waiting()] == ["pixel/list"]


def test_what_is_left_of_a_fault_can_be_seen() -> None:
    queue = FaultQueue()
    queue.add(_fault(status=500, times=3))
    queue.take(PATH)
    assert [waiting.left for waiting in queue.waiting()] == [2]
