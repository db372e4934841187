from redirector.breaker import FAILURES_TO_OPEN, PROBE_EVERY_S, Breaker


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        breaker.failed(now)
    return breaker


def test_it_opens_at_the_third_failure_in_a_row() -> None:
    breaker = Breaker()
    for expected in (False, False, True):
        breaker.failed(0.0)
        assert breaker.is_open is expected


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(5):
        breaker.failed(0.0)
        breaker.failed(0.0)
        breaker.succeeded()
    assert not breaker.is_open


def test_one_probe_is_due_each_half_second() -> None:
    breaker = opened(now=10.0)
    due = [now / 100 for now in range(1000, 1200) if breaker.probe_is_due(now / 100)]
    assert due == [10.0 + PROBE_EVERY_S, 10.0 + 2 * PROBE_EVERY_S, 10.0 + 3 * PROBE_EVERY_S]


def test_a_closed_one_wants_no_probe() -> None:
    assert not Breaker().probe_is_due(1e9)


def test_a_success_closes_it_and_it_takes_three_failures_again() -> None:
    breaker = opened()
    breaker.succeeded()
    breaker.failed(1.0)
    assert not breaker.is_open
