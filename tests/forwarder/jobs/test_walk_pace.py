import pytest

from forwarder.jobs.walk_pace import REST, REST_BEHIND, WalkPace


@pytest.mark.parametrize(
    ("passed", "after_s", "rest"),
    [(100, 99.0, REST), (100, 100.0, REST), (100, 101.0, REST_BEHIND), (1_000, 999.0, REST), (0, 0.0, REST)],
)
def test_a_walk_that_would_not_end_in_its_time_rests_less(passed: int, after_s: float, rest: float) -> None:
    pace = WalkPace(keys=1_000, within_s=1_000.0, started=50.0)
    assert pace.rest_s(passed, 0.5, 50.0 + after_s) == 0.5 * rest


def test_a_walk_that_has_caught_up_rests_again() -> None:
    pace = WalkPace(keys=1_000, within_s=1_000.0, started=0.0)
    rests = [pace.rest_s(keys, 1.0, now) for keys, now in ((10, 20.0), (40, 40.0), (10, 90.0))]
    assert rests == [REST_BEHIND, REST, REST_BEHIND]


@pytest.mark.parametrize(("steps", "step_s"), [(1_000, 0.2), (1_000, 1.4)])
def test_a_walk_takes_no_longer_than_its_time_if_it_can(steps: int, step_s: float) -> None:
    now, pace = 0.0, WalkPace(keys=steps, within_s=1_800.0, started=0.0)
    for _ in range(steps):
        now += step_s
        now += pace.rest_s(1, step_s, now)
    assert now <= 1_800.0 + 4 * step_s * REST
