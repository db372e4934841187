"""Clicks, installs, events, duplicates, changes of consent, crashes, TikTok's moods and the clock, in any order: what
was accepted always ends where the model says, once, with one event_id and the same bytes on every send.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.faults.delivery_world import STEPS, World

EXAMPLES = 15  # a failing one is printed as it is: shrinking it takes minutes
STEPS_EACH = 30

INSTALLS = st.sampled_from(["i1", "i2", "i3"])
EVENTS = st.sampled_from([f"e{number}" for number in range(8)])
SELDOM = st.sampled_from([False, False, False, True])
FAULTS = st.sampled_from(
    [
        {"status": 503}, {"code": 50000}, {"drop": "before"}, {"drop": "after"}, {"body": "{torn"}, {"code": 40100},
        {"code": 40105}, {"code": 20001}, {"body": "{torn", "take": True}, {"code": 40050, "take": True},
    ]
)  # fmt: skip


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as opened:
        yield opened


class Delivery(RuleBasedStateMachine):
    """The rules; `portal` and `begin` are set by the test that runs them."""

    portal: BlockingPortal
    begin: Callable[[World], None]

    @initialize()
    def open(self) -> None:
        self.world = World()
        type(self).begin(self.world)

    @precondition(lambda self: len(self.world.clicks) < 4)
    @rule()
    def click(self) -> None:
        self.portal.call(self.world.click)

    @rule(install_id=INSTALLS, click=st.none() | st.integers(0, 3), refuses=SELDOM)
    def install(self, install_id: str, click: int | None, refuses: bool) -> None:
        self.portal.call(self.world.install, install_id, click, refuses)

    @rule(event_id=EVENTS, install_id=INSTALLS, refuses=SELDOM)
    def event(self, event_id: str, install_id: str, refuses: bool) -> None:
        self.portal.call(self.world.event, event_id, install_id, refuses)

    @rule(install_id=INSTALLS, refuses=st.booleans())
    def consent(self, install_id: str, refuses: bool) -> None:
        self.portal.call(self.world.change_consent, install_id, refuses)

    @rule()
    def deliver(self) -> None:
        self.portal.call(self.world.deliver)

    @rule(step=st.integers(0, len(STEPS) - 1), after=st.booleans())
    def crash(self, step: int, after: bool) -> None:
        self.portal.call(self.world.crash, step, after)

    @rule(fault=FAULTS)
    def mood(self, fault: dict[str, Any]) -> None:
        self.portal.call(lambda: self.world.misbehave(**fault))

    @rule(seconds=st.sampled_from([1, 5, 60, 3600, 3 * 3600]))
    def clock(self, seconds: int) -> None:
        self.world.turn(seconds)

    def teardown(self) -> None:
        try:
            self.portal.call(self.world.settle)
        finally:
            self.portal.call(self.world.close)


def test_whatever_happens_what_was_accepted_ends_once_where_it_should(
    database_url: str, redis_url: str, sandbox_url: str, data_dir: Path, portal: BlockingPortal
) -> None:
    def begin(world: World) -> None:
        portal.call(world.open, database_url, redis_url, data_dir, sandbox_url)

    class Here(Delivery):
        pass

    Here.portal, Here.begin = portal, begin
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS_EACH, deadline=None, derandomize=True,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
