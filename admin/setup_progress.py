"""How far an app's set-up has come: each step done, not yet, or broken, by the ledger alone, so that it can be resumed
anywhere. What nobody can see, such as how an ad was made, somebody says: the audit log keeps who and when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from admin.apps import require_app
from admin.audit import audited
from admin.connection_health import connection_status
from admin.links import list_links
from admin.mappings import show_mapping
from admin.pixels import list_pixels
from admin.session import Session
from ledger.apps import App
from ledger.arrivals import QUARTER, clicks_since, first_event_since, first_install_since, latest_install
from ledger.audit import AuditFilter, audit_page

State = Literal["done", "not", "broken"]
LAUNCHED: Final = "setup.launch"
TESTED: Final = "pixel.test"
NAMED: Final = 3  # of what may be hundreds
_LOOKED_AT: Final = 20  # the newest tests of an app: one per pixel is enough
_BY_MAPPING: Final = {"StartTrial": "Lead generation"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the set-up."""

    state: State
    found: str
    """What there is, or what is wrong, in a sentence."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has come since the set-up was said to be complete."""

    since: datetime
    clicks: int = 0
    install: Mapping[str, Any] | None = None
    event: Mapping[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        return bool(self.clicks and self.install and self.event)


@dataclass(frozen=True, slots=True)
class SetupProgress:
    """Every step, in the order in which they are done."""

    steps: Mapping[str, Step]
    pixels: list[dict[str, Any]] = field(default_factory=list)
    """Those that are enabled."""
    links: list[dict[str, Any]] = field(default_factory=list)
    """Those that are enabled."""
    health: str = "off"
    """Of the connection to TikTok."""
    test: Mapping[str, Any] | None = None
    """TikTok's answer to the last test event of an enabled pixel."""
    waiting: Waiting | None = None

    @property
    def current(self) -> str:
        """The step to be done next; empty where all are."""
        return next((name for name, step in self.steps.items() if step.state != "done"), "")


async def setup_progress(session: Session, app_id: str) -> SetupProgress:
    """Raises:
    Refused: there is no such app.
    """
    app = await require_app(session, app_id)
    pixels = [pixel for pixel in await list_pixels(session, app_id) if pixel["enabled"]]
    links = [link for link in await list_links(session, app_id) if link["enabled"]]
    status = await connection_status(session, app_id)
    test = await _last_test(session, app_id, {pixel["pixel_id"] for pixel in pixels})
    waiting = await _waiting(session, app_id)
    steps = {
        "stores": _stores(app),
        "pixel": _pixel(pixels, status),
        "validate": _validated(pixels),
        "test": _tested(pixels, test),
        "mapping": await _mapping(session, app_id),
        "links": _links(app, links),
        "sdk": await _sdk(session, app_id),
        "launch": _launch(waiting),
        "waiting": _arrived(waiting),
    }
    return SetupProgress(steps, pixels, links, status["health"], test, waiting)


async def begin_waiting(session: Session, app_id: str) -> None:
    """Somebody says that the ad is set up as the checklist has it: what arrives from now on proves that all works."""
    await require_app(session, app_id)
    now = datetime.now(UTC)
    begins_at = datetime.fromtimestamp(now.timestamp() // QUARTER.total_seconds() * QUARTER.total_seconds(), UTC)
    async with audited(session, LAUNCHED, app_id, app_id) as change:
        clicks = await clicks_since(change.connection, app_id, begins_at)
        change.after = {"at": now, "clicks_from": begins_at, "clicks": clicks}


def objective_for(targets: list[str]) -> str:
    """Which of TikTok's objectives can use the event, by what the app's events become."""
    return next((objective for target, objective in _BY_MAPPING.items() if target in targets), "Sales")


async def _waiting(session: Session, app_id: str) -> Waiting | None:
    wanted = AuditFilter(app_id=app_id, act=LAUNCHED)
    begun = await audit_page(session.database, wanted, 1, 0)
    if not begun:
        return None
    told = begun[0]["after"]
    since, begins_at = datetime.fromisoformat(told["at"]), datetime.fromisoformat(told["clicks_from"])
    return Waiting(
        since=since,
        clicks=await clicks_since(session.database, app_id, begins_at) - int(told["clicks"]),
        install=await first_install_since(session.database, app_id, since),
        event=await first_event_since(session.database, app_id, since),
    )


async def _last_test(session: Session, app_id: str, pixel_ids: set[str]) -> dict[str, Any] | None:
    wanted = AuditFilter(app_id=app_id, act=TESTED)
    rows = await audit_page(session.database, wanted, _LOOKED_AT, 0)
    return next(({"at": row["at"], **row["after"]} for row in rows if row["subject"] in pixel_ids), None)


def _stores(app: App) -> Step:
    ids = [one for one in (app.settings.ios_app_id, app.settings.android_package) if one]
    return Step("done", " and ".join(ids)) if ids else Step("not", "in no store yet")


def _pixel(pixels: list[dict[str, Any]], status: Mapping[str, Any]) -> Step:
    if status["health"] == "red":
        return Step("broken", f"the connection to TikTok: {status['reason']}")
    if not pixels:
        return Step("not", "connected, but no pixel takes events" if status["health"] == "green" else "no pixel yet")
    named = _some([pixel["name"] or pixel["code"] for pixel in pixels])
    return Step("done", f"{named}; {'ad account connected' if status['health'] == 'green' else 'pasted'}")


def _validated(pixels: list[dict[str, Any]]) -> Step:
    for pixel in pixels:
        if pixel["state"] == "held":
            return Step("broken", f"{pixel['name'] or pixel['code']}: {pixel['held_reason']}")
    if not pixels or any(pixel["state"] != "ok" for pixel in pixels):
        return Step("not", "TikTok has not been asked yet" if pixels else "needs a pixel")
    return Step("done", "TikTok takes the token")


def _tested(pixels: list[dict[str, Any]], test: Mapping[str, Any] | None) -> Step:
    if test is None:
        return Step("not", "none was sent yet" if pixels else "needs a pixel")
    if test.get("problem"):
        return Step("broken", str(test["problem"]))
    return Step("done", f"{test['event']}: TikTok said {test['message'] or 'nothing'!s}, code {test['code']}")


async def _mapping(session: Session, app_id: str) -> Step:
    rows = [row for row in (await show_mapping(session, app_id))["rows"] if row["target"]]
    if not any(row["standard"] for row in rows):
        return Step("broken", "no event becomes one that TikTok can optimise for")
    return Step("done", "1 event name is mapped" if len(rows) == 1 else f"{len(rows)} event names are mapped")


def _links(app: App, links: list[dict[str, Any]]) -> Step:
    wanted = {"ios": app.settings.ios_app_id, "android": app.settings.android_package}
    missing = [
        name
        for os, name in (("ios", "iPhone"), ("android", "Android"))
        if wanted[os] and not any(link[f"{os}_url"] for link in links)
    ]
    if not links or missing:
        return Step("not", f"none for {' and '.join(missing)}" if missing else "none yet")
    return Step("done", _some([link["slug"] for link in reversed(links)]))


def _some(names: Sequence[str]) -> str:
    """The first of many, and how many there are besides."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


async def _sdk(session: Session, app_id: str) -> Step:
    at = await latest_install(session.database, app_id)
    return Step("done", "the app sends installs") if at else Step("not", "the app has sent nothing yet")


def _launch(waiting: Waiting | None) -> Step:
    return Step("done", "gone through") if waiting else Step("not", "to be gone through")


def _arrived(waiting: Waiting | None) -> Step:
    if waiting is None:
        return Step("not", "begins after the checklist")
    missing = [
        name
        for name, arrived in (("click", waiting.clicks), ("install", waiting.install), ("event", waiting.event))
        if not arrived
    ]
    if not missing:
        return Step("done", "a click, an install and an event have come")
    return Step("not", f"waiting for the first {', '.join(missing)}")
