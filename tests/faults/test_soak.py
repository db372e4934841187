"""The plan of `make soak`; the rest is the harness, which `test_whole_machine` tries."""

from tests.faults.process_faults import PROCESS_FAULTS
from tests.faults.soak import plan

TIMES = 30


def test_a_seed_says_what_is_broken_and_when() -> None:
    assert plan(7, TIMES) == plan(7, TIMES)
    assert plan(7, TIMES) != plan(8, TIMES)
    assert len(plan(7, TIMES)) == TIMES


def test_what_ends_a_process_is_broken_in_the_last_sixth_alone() -> None:
    for seed in range(20):
        ends = [fault in PROCESS_FAULTS or fault.losses.unanswered for fault in plan(seed, TIMES)]
        assert ends == [False] * 25 + [True] * 5


def test_nothing_comes_twice_before_all_have_come() -> None:
    names = [fault.name for fault in plan(7, 500)]
    usual = names[: 500 - 83]
    kinds = len(set(usual))
    assert sorted(usual[:kinds]) == sorted(usual[kinds : 2 * kinds])


def test_no_fault_of_a_soak_needs_a_machine_of_its_own_or_loses_a_click() -> None:
    for fault in plan(7, 500):
        assert (fault.needs, fault.losses.clicks) == ("", 0)
