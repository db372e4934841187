"""Erasure: a person, an install or a click leaves the ledger and the click store, for good."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from admin.apps import require_app
from admin.audit import audited
from admin.refusal import Refused
from admin.session import Session, open_redis
from admin.stored_clicks import stored_clicks
from clicks.click_id import parse_click_id
from ledger.erasure import ClicksLeftError, Erased, erase, erase_click, erase_what_came, find_clicks
from ledger.locked_out import again
from ledger.spelling import canonical

_OF_WHOM = "erased"  # the audit log keeps no id of what was to be forgotten


async def erase_install(session: Session, app_id: str, install_id: str) -> dict[str, Any]:
    """{"installs", "events", "clicks", "webhooks"}: an install with its events and its click.

    Raises:
        Refused: there is no such app, or nothing to erase.
    """
    await require_app(session, app_id)
    return await _forget(session, app_id, canonical(install_id) or None, None)


async def erase_person(session: Session, app_id: str, external_id: str) -> dict[str, Any]:
    """{"installs", "events", "clicks", "webhooks"}: every install and event with this id.

    Raises:
        Refused: there is no such app, or nothing to erase.
    """
    await require_app(session, app_id)
    return await _forget(session, app_id, None, canonical(external_id) or None)


async def erase_one_click(session: Session, app_id: str, click_id: str) -> dict[str, Any]:
    """{"installs", "events", "clicks"}: a click; its install stays, unattributed.

    Raises:
        Refused: there is no such app or click.
    """
    await require_app(session, app_id)
    return await _forget_click(session, app_id, click_id)


async def _forget(session: Session, app_id: str, install_id: str | None, external_id: str | None) -> dict[str, Any]:
    """The clicks go first: while the ledger names them, a command that was cut off can be repeated."""
    erasure = _Erasure(session, app_id, {"install_id": install_id, "external_id": external_id})
    await erasure.erase_clicks()
    gone = more = await erasure.until_no_click_is_left(erasure.all_there_is)
    while not more.is_nothing:
        more = await erasure.until_no_click_is_left(partial(erasure.what_came, gone.install_ids))
        gone += more
    clicks = dict.fromkeys((*erasure.clicks, *gone.click_ids))
    counts = {"events": gone.events, "webhooks": gone.webhooks}
    return {"installs": list(gone.install_ids), "clicks": list(clicks), **counts}


@dataclass(slots=True)
class _Erasure:
    """What is to go, and what has gone."""

    session: Session
    app_id: str
    whom: dict[str, str | None]
    clicks: list[str] = field(default_factory=list)
    """Those that were stored."""
    names: set[str] = field(default_factory=set)
    """What names clicks that are erased."""

    async def erase_clicks(self) -> None:
        names = await find_clicks(self.session.database, self.app_id, *self.whom.values())
        if names:
            async with open_redis(self.session.settings) as redis:
                self.clicks += await stored_clicks(self.session, redis).erase_named(self.app_id, names)
        self.names.update(names)

    async def until_no_click_is_left(self, erase_some: Callable[[], Awaitable[Erased]]) -> Erased:
        while True:
            try:
                return await again(erase_some)
            except ClicksLeftError:
                await self.erase_clicks()

    async def all_there_is(self) -> Erased:
        async with audited(self.session, "erase", _OF_WHOM, self.app_id) as change:
            gone = await erase(change.connection, self._key(), self.app_id, **self.whom)
            gone.check_clicks(self.names)
            if gone.is_nothing:
                named = next(filter(None, self.whom.values()), "")
                raise Refused(f"nothing to erase: {self.app_id} has no install, event or webhook of {named!r}")
            clicks = len({*self.clicks, *gone.click_ids})
            counts = {"installs": len(gone.install_ids), "events": gone.events, "clicks": clicks}
            change.after = counts | {"webhooks": gone.webhooks}
        return gone

    async def what_came(self, install_ids: Iterable[str]) -> Erased:
        """Meanwhile, of them and of these installs of theirs; the audit log has what was there."""
        named = {*install_ids, *filter(None, [self.whom["install_id"]])}
        person = self.whom["external_id"]
        async with self.session.transaction() as connection:
            gone = await erase_what_came(connection, self._key(), self.app_id, install_ids=named, external_id=person)
            gone.check_clicks(self.names)
        return gone

    def _key(self) -> bytes:
        return self.session.keyring.derive("tombstone")[0]


async def _forget_click(session: Session, app_id: str, click_id: str) -> dict[str, Any]:
    if parse_click_id(click_id) is None:
        raise Refused(f"click: {click_id[:60]!r} is no click id; one has 22 letters and digits")
    async with open_redis(session.settings) as redis:
        store = stored_clicks(session, redis)
        click = await store.get(click_id)
        is_foreign = click is not None and click.app_id not in ("", app_id)  # "": Redis has lost its ad
        stored = not is_foreign and await store.erase(click_id)
    installs = await again(partial(_erase_matches, session, app_id, click_id, is_foreign))
    if not stored and not installs:
        session.note(
            f"no click {click_id} is stored; should it lie in a redirector's spool, it will not be stored either"
        )
    return {"installs": [], "events": 0, "clicks": [click_id] if stored or installs else []}


async def _erase_matches(session: Session, app_id: str, click_id: str, is_foreign: bool) -> int:
    """How many installs were credited with it."""
    async with audited(session, "erase", _OF_WHOM, app_id) as change:
        installs = await erase_click(change.connection, app_id, click_id)
        if is_foreign and not installs:
            raise Refused(f"nothing to erase: {app_id} has no click {click_id}")
        change.after = {"clicks": 1}
        return installs
