"""What a command changed holds, in every process, for whatever comes after it returned.

Each round would catch a process that only looks for changes now and then.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.cli.running_up import environment, running_up, signalpost
from tests.engines import short_directory

ROUNDS = 4
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
AT_ONCE = 6  # requests, each over a connection of its own, so that both workers of a process group are met


class Running:
    """A Signalpost of two redirectors and two forwarders."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.redirector = f"http://127.0.0.1:{env['REDIRECTOR_PORT']}"
        self.forwarder = f"http://127.0.0.1:{env['FORWARDER_PORT']}"

    def command(self, *arguments: str) -> Any:
        done = signalpost(self.env, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def app(self) -> dict[str, Any]:
        created: dict[str, Any] = self.command("app", "create", "Tea", "--ios-app-id", "1234567890")
        return created

    def visit(self, slug: str) -> set[tuple[int, str]]:
        """(status, where it leads without its parameters) of several visits."""
        answers = [httpx.get(f"{self.redirector}/{slug}", headers={"User-Agent": IPHONE}) for _ in range(AT_ONCE)]
        return {(one.status_code, one.headers.get("location", "").partition("?")[0]) for one in answers}

    def events(self, key: str) -> set[int]:
        """Status of several posts of one event each."""
        return {self.event(key)[0] for _ in range(AT_ONCE)}

    def event(self, key: str) -> tuple[int, str]:
        event_id = uuid4().hex
        row = {"event_id": event_id, "name": "purchase", "user": {"external_id": "u"}}
        answer = httpx.post(f"{self.forwarder}/v1/events", json=row, headers={"Authorization": f"Bearer {key}"})
        return answer.status_code, event_id

    def deliveries(self, app_id: str) -> dict[str, list[tuple[str, str]]]:
        """source_event_id -> (pixel, state) of each delivery."""
        found: dict[str, list[tuple[str, str]]] = {}
        for item in self.command("delivery", "list", "--app", app_id, "--limit", "200")["items"]:
            found.setdefault(item["source_event_id"], []).append((item["pixel_id"], item["state"]))
        return found


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with short_directory() as directory:
        env = environment(directory) | {"REDIRECTOR_WORKERS": "2", "FORWARDER_WORKERS": "2"}
        with running_up(env, "--sandbox"):
            yield Running(env)


def test_a_link_leads_where_the_last_command_said(running: Running) -> None:
    app = running.app()
    for number in range(ROUNDS):
        slug = running.command("link", "create", "--app", app["app_id"], "--slug", f"at-once-{number}")["slug"]
        assert running.visit(slug) == {(302, "https://apps.apple.com/app/id1234567890")}
        running.command("link", "set", slug, f"ios_url=https://example.com/{number}")
        assert running.visit(slug) == {(302, f"https://example.com/{number}")}
        running.command("link", "disable", slug)
        assert {status for status, _ in running.visit(slug)} == {404}


def test_an_old_key_opens_nothing_once_the_new_one_is_printed(running: Running) -> None:
    app = running.app()
    key = app["api_key"]
    for _ in range(ROUNDS):
        assert running.events(key) == {202}
        new = running.command("app", "rotate-key", app["app_id"])["api_key"]
        assert running.events(key) == {401}
        assert (
            httpx.get(f"{running.forwarder}/v1/installs/x", headers={"Authorization": f"Bearer {key}"}).status_code
            == 401
        )
        assert running.events(new) == {202}
        key = new


def test_an_event_of_an_app_with_a_pixel_always_has_its_delivery(running: Running) -> None:
    for _ in range(ROUNDS):
        app = running.app()
        assert running.event(app["api_key"])[0] == 202
        pixel = running.command(
            "pixel", "add", "--app", app["app_id"], "--code", "C" * 20, "--token", "t", "--no-validate"
        )
        first = [running.event(app["api_key"])[1] for _ in range(AT_ONCE)]
        running.command("mapping", "set", "--app", app["app_id"], "purchase=")
        second = [running.event(app["api_key"])[1] for _ in range(AT_ONCE)]
        running.command("pixel", "disable", pixel["pixel_id"])
        third = [running.event(app["api_key"])[1] for _ in range(AT_ONCE)]
        made = running.deliveries(app["app_id"])
        assert all([(pixel["pixel_id"], "skipped")] != made[event] for event in first)
        assert all(len(made[event]) == 1 for event in first)
        assert all(made[event] == [(pixel["pixel_id"], "skipped")] for event in second)
        assert all(event not in made for event in third)


def test_a_webhooks_secret_holds_at_once(running: Running) -> None:
    app = running.app()
    url = f"{running.forwarder}/v1/webhooks/revenuecat/{app['app_id']}"
    for number in range(ROUNDS):
        running.command("app", "set", app["app_id"], f"revenuecat_authorization=secret-{number}")
        body = {"event": {"id": uuid4().hex, "type": "TEST"}}
        answers = {
            secret: {httpx.post(url, json=body, headers={"Authorization": secret}).status_code for _ in range(AT_ONCE)}
            for secret in (f"secret-{number}", f"secret-{number - 1}")
        }
        assert answers == {f"secret-{number}": {200}, f"secret-{number - 1}": {401}}
