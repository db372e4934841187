"""Clicks, installs, events, webhooks, changes of consent, crashes and restarts of every process, in any order: each 302
is a click, and what was accepted ends once, where the model says.
"""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import asyncpg
import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.attacks.everything import PROCESSES, Everything, running_everything
from tests.attacks.length import SEED, how_to_repeat, rounds
from tests.attacks.story import begin_story
from tests.attacks.story_oracle import settled
from tests.engines import SessionEngines
from tests.forwarder.running_sandbox import running_sandbox

KINDS = (
    "click", "click", "click", "robot", "install", "install", "storm", "event", "event", "event", "webhook", "webhook",
    "consent", "crash", "restart", "redis", "mood",
)  # fmt: skip
INSTALLS = st.sampled_from(["i1", "i2", "i3"])
EVENTS = st.sampled_from([f"e{number}" for number in range(8)])
SELDOM = st.sampled_from([False, False, False, True])
FAULTS = st.sampled_from([{"status": 503}, {"code": 50000}, {"drop": "before"}, {"drop": "after"}, {"body": "{torn"}])


@pytest.fixture(scope="module")
def everything(engines: SessionEngines) -> Iterator[Everything]:
    with running_sandbox() as sandbox_url, running_everything(engines, sandbox_url) as running:
        yield running


class Happening(RuleBasedStateMachine):
    """The rules; `everything`, `portal` and `numbers` are set by the test that runs them."""

    everything: Everything
    portal: BlockingPortal
    numbers: "count[int]"
    done: "Counter[str]"
    """What happened, over all examples."""

    @initialize()
    def begin(self) -> None:
        self.everything.start_redis()
        for name in PROCESSES:
            self.everything.wait_for(name)
        self.story = self.portal.call(begin_story, self.everything, next(self.numbers))

    @rule(
        kind=st.sampled_from(KINDS), install_id=INSTALLS, event_id=EVENTS, click=st.none() | st.integers(0, 3),
        refuses=SELDOM, process=st.sampled_from(PROCESSES), fault=FAULTS,
    )  # fmt: skip
    def happens(self, kind: str, **told: Any) -> None:
        """One rule for all: of several, a short run would see few."""
        self.done[kind] += 1
        getattr(self, kind)(**told)

    def click(self, **_: Any) -> None:
        self.story.click()

    def robot(self, **_: Any) -> None:
        self.story.robot()

    def install(self, install_id: str, click: int | None, refuses: bool, **_: Any) -> None:
        self.story.install(install_id, click, refuses)

    def storm(self, install_id: str, click: int | None, refuses: bool, **_: Any) -> None:
        self.story.install(install_id, click, refuses, times=4)

    def event(self, event_id: str, install_id: str, refuses: bool, **_: Any) -> None:
        self.story.event(event_id, install_id, refuses)

    def webhook(self, event_id: str, install_id: str, **_: Any) -> None:
        self.story.webhook(event_id, install_id)

    def consent(self, install_id: str, refuses: bool, **_: Any) -> None:
        self.story.change_consent(install_id, refuses, self._execute)

    def crash(self, process: str, **_: Any) -> None:
        self.everything.kill(process)
        self.everything.start(process)

    def restart(self, process: str, **_: Any) -> None:
        self.everything.wait_for(process)
        self.everything.stop(process)
        self.everything.start(process)

    def redis(self, **_: Any) -> None:
        """Dies, or is back."""
        if self.everything.has_redis:
            self.everything.kill_redis()
        else:
            self.everything.start_redis()

    def mood(self, fault: dict[str, Any], **_: Any) -> None:
        self._sandbox("POST", {"endpoint": "event/track", "times": 1, **fault})

    def teardown(self) -> None:
        if not hasattr(self, "story"):
            return
        self.everything.start_redis()
        self._sandbox("DELETE", None)
        for name in PROCESSES:
            self.everything.wait_for(name)
        for install_id in {owner for owner, _ in self.story.events.values()} - self.story.people.keys():
            self.story.install(install_id, None, False)  # an event would wait an hour for it
        try:
            self.portal.call(settled, self.story)
        except AssertionError as error:
            raise AssertionError(how_to_repeat(f"{self.story.slug}: {error}")) from error

    def _sandbox(self, method: str, body: dict[str, Any] | None) -> None:
        url = f"{self.everything.sandbox_url}/_sandbox/faults"
        httpx.request(method, url, json=body, trust_env=False, timeout=60).raise_for_status()

    def _execute(self, statement: str, *parameters: Any) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.everything.database_url)
            await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
            await connection.execute(statement, *parameters)
            await connection.close()

        self.portal.call(run)


def test_whatever_happens_each_302_is_a_click_and_what_was_accepted_ends_once(everything: Everything) -> None:
    with start_blocking_portal() as portal:

        class Here(Happening):
            pass

        Here.everything, Here.portal, Here.numbers, Here.done = everything, portal, count(1), Counter()
        run_state_machine_as_test(
            seed(SEED)(Here),
            settings=settings(
                max_examples=rounds(3, 150), stateful_step_count=rounds(16, 60), deadline=None, database=None,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False,
            ),
        )  # fmt: skip
    # the first story that hypothesis tells is the simplest: one thing, again and again
    assert len(Here.done) > 5, Here.done
    assert Here.done["crash"] + Here.done["redis"] > 0, Here.done
