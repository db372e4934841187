"""One app, what happens to it from outside, and what a model of the product says must come of that."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from admin.apps import create_app, set_app
from admin.links import create_link
from admin.pixels import PixelToAdd, add_pixel
from admin.session import open_session
from tests.attacks.everything import Everything
from tests.redirector.serving import ttclid
from tests.redirector.wire import ANDROID, BOT, Reply, ask

WEBHOOK_SECRET = "what was entered at RevenueCat"
PATIENCE_S = 120.0


@dataclass
class Person:
    """An install as the model knows it."""

    refuses: bool
    has_changed: bool = False
    """Consent was changed while some of their events were under way, so either end is right for those."""


@dataclass
class Story:
    """An app with a link, a pixel and RevenueCat, and all that was accepted for it."""

    everything: Everything
    app_id: str
    key: str
    slug: str
    pixel_code: str
    clicks: dict[str, str] = field(default_factory=dict)
    """ttclid of each click that was answered 302 -> the referrer that Play would hand on."""
    redirects: int = 0
    """302s, those of robots included."""
    unanswered: int = 0
    """Visits whose connection broke: counted or not."""
    people: dict[str, Person] = field(default_factory=dict)
    events: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """source event id -> whose it is, and whether it refuses itself."""
    refused_by_event: set[str] = field(default_factory=set)
    """Installs of which an event refused."""

    # -- what happens

    def click(self) -> None:
        name = ttclid(len(self.clicks) + 1_000 * self.unanswered)
        reply = self._visit(f"/{self.slug}?ad_id=7&ttclid={name}", ANDROID)
        if reply is not None:
            self.clicks[name] = parse_qs(urlsplit(reply.location).query)["referrer"][0]

    def robot(self) -> None:
        self._visit(f"/{self.slug}", BOT)

    def _visit(self, target: str, user_agent: str) -> Reply | None:
        try:
            reply = ask(self.everything.ports["redirector"], target, user_agent=user_agent)
        except OSError:
            self.unanswered += 1
            return None
        assert reply.status == 302, reply
        self.redirects += 1
        return reply

    def install(self, install_id: str, click: int | None, refuses: bool, times: int = 1) -> None:
        """Reported `times` at once; the first report stands, however often it comes, but for its word on consent."""
        referrers = list(self.clicks.values())
        told = {"install_referrer": referrers[click]} if click is not None and click < len(referrers) else {}
        consent = {"marketing": "denied" if refuses else "granted"}
        body = {"install_id": install_id, "platform": "android", "ip": "8.9.1.1", "consent": consent, **told}
        with ThreadPoolExecutor(times) as pool:
            answers = list(pool.map(lambda _: self._post("/v1/installs", body), range(times)))
        assert {answer["install_id"] for answer in answers} == {install_id}
        person = self.people.get(install_id)
        if person is None:
            self.people[install_id] = Person(refuses, install_id in self.refused_by_event)
            self.events[f"install:{install_id}"] = (install_id, False)
        elif person.refuses != refuses:
            person.has_changed = True

    def event(self, event_id: str, install_id: str, refuses: bool) -> None:
        consent = {"consent": {"marketing": "denied"}} if refuses else {}
        body = {"event_id": event_id, "install_id": install_id, "name": "sign_up"}
        self._post("/v1/events", body | consent)
        self.events.setdefault(event_id, (install_id, refuses))
        if refuses:  # of what is not sent yet, too
            self.refused_by_event.add(install_id)
            if install_id in self.people:
                self.people[install_id].has_changed = True

    def webhook(self, event_id: str, install_id: str) -> None:
        event = {
            "id": event_id, "type": "INITIAL_PURCHASE", "period_type": "TRIAL", "environment": "PRODUCTION",
            "event_timestamp_ms": time.time_ns() // 1_000_000, "price": 0, "currency": "EUR", "store": "PLAY_STORE",
            "app_user_id": f"user-{event_id}", "product_id": "weekly", "transaction_id": f"tx-{event_id}",
            "original_transaction_id": f"tx-{event_id}",
            "subscriber_attributes": {"signalpost_install_id": {"value": install_id}},
        }  # fmt: skip
        body = {"api_version": "1.0", "event": event}
        self._post(f"/v1/webhooks/revenuecat/{self.app_id}", body, authorization=WEBHOOK_SECRET)
        self.events.setdefault(f"revenuecat:{event_id}", (install_id, False))

    def change_consent(self, install_id: str, refuses: bool, execute: Callable[..., Any]) -> None:
        person = self.people.get(install_id)
        if person is None or person.refuses == refuses:
            return
        person.refuses, person.has_changed = refuses, True
        execute(
            "UPDATE installs SET body = body || $3 WHERE app_id = $1 AND install_id = $2",
            self.app_id, install_id, {"consent": {"marketing": "denied" if refuses else "granted"}},
        )  # fmt: skip

    def _post(self, path: str, body: dict[str, Any], authorization: str = "") -> dict[str, Any]:
        """Sent again until it is taken, as an app does it: a connection may break, the forwarder be starting."""
        url = f"http://127.0.0.1:{self.everything.ports['forwarder']}{path}"
        headers = {"authorization": authorization or f"Bearer {self.key}", "content-type": "application/json"}
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = httpx.post(url, content=json.dumps(body), headers=headers, trust_env=False, timeout=30)
                if answer.status_code != 503:
                    assert answer.status_code in {200, 202}, answer.text
                    content: dict[str, Any] = answer.json()
                    return content
                assert "retry-after" in answer.headers
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, path
            time.sleep(0.05)

    # -- what must come of it

    def ends_of(self, event_id: str) -> set[str]:
        """The states in which the model allows an event to end."""
        install_id, refuses = self.events[event_id]
        person = self.people[install_id]
        if refuses:
            return {"suppressed"}
        if person.has_changed:
            return {"delivered", "suppressed"}
        return {"suppressed"} if person.refuses else {"delivered"}


async def begin_story(everything: Everything, number: int) -> Story:
    """A new app that every process knows."""
    code, slug = f"C{number:019d}", f"story-{number}"
    async with open_session(everything.settings(), actor="cli:tests") as session:
        created = await create_app(session, f"Story {number}", {"android_package": f"com.example.story{number}"})
        app_id = created["app_id"]
        settings = {"revenuecat_authorization": WEBHOOK_SECRET, "revenue_source": "revenuecat"}
        await set_app(session, app_id, settings)
        await add_pixel(session, PixelToAdd(app_id, code, f"{number:040d}"), validate=False)
        await create_link(session, app_id, slug, {})
    return Story(everything, app_id, created["api_key"], slug, code)
