"""Erasure: a person, an install or a click leaves the ledger and the click store, for good."""

from contextlib import suppress
from typing import Any

from admin.apps import require_app
from admin.audit import audited
from admin.refusal import Refused
from admin.session import Session, open_redis
from admin.stored_clicks import stored_clicks
from clicks.click_id import parse_click_id
from ledger.erasure import ClicksLeftError, Erased, erase, erase_click, find_clicks
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
    key, clicks = session.keyring.derive("tombstone")[0], dict[str, None]()
    while True:
        names = await find_clicks(session.database, app_id, install_id, external_id)
        clicks |= dict.fromkeys(await _erase_clicks(session, app_id, names))
        with suppress(ClicksLeftError):
            async with audited(session, "erase", _OF_WHOM, app_id) as change:
                gone: Erased = await erase(
                    change.connection, key, app_id, install_id=install_id, external_id=external_id
                )
                gone.check_clicks(names)
                if gone.is_nothing:
                    whom = install_id or external_id
                    raise Refused(f"nothing to erase: {app_id} has no install, event or webhook of {whom!r}")
                clicks |= dict.fromkeys(gone.click_ids)
                counts = {"events": gone.events, "webhooks": gone.webhooks}
                change.after = {"installs": len(gone.install_ids), "clicks": len(clicks), **counts}
            return {"installs": list(gone.install_ids), "clicks": list(clicks), **counts}


async def _forget_click(session: Session, app_id: str, click_id: str) -> dict[str, Any]:
    if parse_click_id(click_id) is None:
        raise Refused(f"click: {click_id[:60]!r} is no click id; one has 22 letters and digits")
    async with open_redis(session.settings) as redis:
        store = stored_clicks(session, redis)
        click = await store.get(click_id)
        is_foreign = click is not None and click.app_id not in ("", app_id)  # "": Redis has lost its ad
        stored = not is_foreign and await store.erase(click_id)
    async with audited(session, "erase", _OF_WHOM, app_id) as change:
        installs = await erase_click(change.connection, app_id, click_id)
        if is_foreign and not installs:
            raise Refused(f"nothing to erase: {app_id} has no click {click_id}")
        change.after = {"clicks": 1}
    if not stored and not installs:
        session.note(
            f"no click {click_id} is stored; should it lie in a redirector's spool, it will not be stored either"
        )
    return {"installs": [], "events": 0, "clicks": [click_id] if stored or installs else []}


async def _erase_clicks(session: Session, app_id: str, names: list[str]) -> list[str]:
    if not names:
        return []
    async with open_redis(session.settings) as redis:
        return await stored_clicks(session, redis).erase_named(app_id, names)
