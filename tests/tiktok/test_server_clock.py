"""TikTok's clock beside ours."""

import pytest

from tiktok.codes import Answer
from tiktok.server_clock import KEPT_S, ServerClock

DATE = "Sun, 29 Nov 2026 18:00:00 GMT"
AT = 1_795_975_200.0


class Clocks:
    def __init__(self, now: float) -> None:
        self.now, self.turned = now, 0.0

    def server_clock(self) -> ServerClock:
        return ServerClock(lambda: self.now, lambda: self.turned)


def answer(date: str = DATE, ms: float = 0.0) -> Answer:
    return Answer(status=200, headers={"date": date} if date else {}, ms=ms)


@pytest.mark.parametrize(("ours", "ahead_s"), [(AT, 0.0), (AT + 5 * 3600, -5 * 3600.0), (AT - 3 * 3600, 3 * 3600.0)])
def test_the_date_of_an_answer_is_compared_with_this_machines_clock(ours: float, ahead_s: float) -> None:
    clock = Clocks(ours).server_clock()
    clock.note(answer())
    assert clock.ahead_s() == ahead_s


def test_half_of_the_time_an_answer_took_is_taken_off() -> None:
    clock = Clocks(AT + 1).server_clock()
    clock.note(answer(ms=2_000))
    assert clock.ahead_s() == 0.0


@pytest.mark.parametrize("date", ["", "soon", "Sun, 99 Nov 2026 18:00:00 GMT", "Sun, 29 Nov 99999 18:00:00 GMT"])
def test_an_answer_without_a_date_says_nothing_and_takes_nothing_back(date: str) -> None:
    clock = Clocks(AT).server_clock()
    clock.note(answer(date))
    assert clock.ahead_s() is None
    clock.note(answer())
    clock.note(answer(date))
    assert clock.ahead_s() == 0.0


def test_after_an_hour_without_answers_nothing_is_known() -> None:
    clocks = Clocks(AT)
    clock = clocks.server_clock()
    clock.note(answer())
    clocks.turned = KEPT_S + 1
    assert clock.ahead_s() is None
