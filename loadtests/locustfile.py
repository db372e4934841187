"""Locust users that tap an ad's Signal link, on a schedule of their own, and never follow the redirect.

`python -m loadtests.run` sets the environment this needs; under `locust -f` alone set LOADTEST_PATH, LOADTEST_SHAPE,
LOADTEST_RATE, LOADTEST_SECONDS and LOADTEST_SUMMARY.
"""

import itertools
import os
import random
import time
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, LoadTestShape, events, task

from loadtests.addresses import address_of
from loadtests.journal import Journal
from loadtests.pacing import Pace
from loadtests.shapes import Load
from loadtests.workloads import Ttclids, generated_link_query, user_agents

REQUESTS_PER_USER = 10.0  # per second; a hundred users are 1,000 requests per second
SPAWN_RATE = 100.0  # users per second; Locust itself warns of more
REQUEST_NAME = "Signal link"  # one row in the statistics: every URL is one of its kind

LOAD = Load(
    shape=os.environ.get("LOADTEST_SHAPE", "steady"),
    rate=float(os.environ.get("LOADTEST_RATE", "200")),
    seconds=float(os.environ.get("LOADTEST_SECONDS", "30")),
    per_user=REQUESTS_PER_USER,
)
PATH = os.environ.get("LOADTEST_PATH", "/demo")
SUMMARY = Path(os.environ.get("LOADTEST_SUMMARY", "summary.json"))
AGENTS = user_agents()

journal = Journal()
ttclids = Ttclids(random.Random())
# a random start: two runs against one server come from different addresses
clicks = itertools.count(random.randrange(10_000_000))


class Shape(LoadTestShape):
    """The number of users follows the chosen shape."""

    def tick(self) -> tuple[int, float] | None:
        users = LOAD.users(float(self.get_run_time()))  # type: ignore[no-untyped-call]  # locust is partly typed
        return None if users is None else (users, SPAWN_RATE)


class TikTokUser(FastHttpUser):
    """People who tap an ad in TikTok's in-app browser; one user stands for many of them."""

    network_timeout = 30.0
    connection_timeout = 10.0

    def on_start(self) -> None:
        # users begin at different moments of their interval: together they ask evenly
        first = random.random() / REQUESTS_PER_USER
        self.pace = Pace(REQUESTS_PER_USER, time.perf_counter() + first)
        self.due = self.pace.next_due()
        gevent.sleep(first)

    def wait_time(self) -> float:
        """Seconds until the next request is due; Locust asks after each."""
        self.due = self.pace.next_due()
        return max(0.0, self.due - time.perf_counter())

    def on_stop(self) -> None:
        journal.offered += self.pace.offered(time.perf_counter())

    @task
    def tap(self) -> None:
        number = next(clicks)
        before, after = generated_link_query((number % 3, number // 3 % 3, number // 9 % 4), "__UA__")
        query = before + b"__CALLBACK_PARAM__&ip=__IP__" + after + ttclids.next()
        headers = {"User-Agent": random.choice(AGENTS), "X-Forwarded-For": address_of(number).decode()}
        sent = time.perf_counter()
        with self.client.get(
            f"{PATH}?{query.decode()}",
            headers=headers,
            name=REQUEST_NAME,
            allow_redirects=False,
            catch_response=True,
        ) as answer:
            journal.note(str(answer.status_code), self.due, sent, time.perf_counter())
            if answer.status_code == 302:
                answer.success()
            else:
                answer.failure(f"status {answer.status_code}")


def write_summary(**_: Any) -> None:
    journal.write(SUMMARY, LOAD.seconds)


events.quitting.add_listener(write_summary)  # type: ignore[no-untyped-call]  # as above
