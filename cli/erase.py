"""`signalpost erase`: a person, an install or a click leaves the ledger and the click store, for good."""

from typing import Annotated, Any

import typer

from cli.apps import require_app
from cli.output import Json, print_record
from cli.refusal import Refused, note
from cli.session import Session, open_redis, run
from clicks.click_id import parse_click_id
from clicks.store import ClickStore
from forwarder.intake.identifiers import canonical
from ledger.erasure import Erased, erase, erase_click, find_clicks


def erase_command(
    app_id: Annotated[str, typer.Option("--app", help="The app.")],
    install_id: Annotated[str, typer.Option(help="An install, with its events and its click.")] = "",
    external_id: Annotated[str, typer.Option(help="A person: every install and event with this id.")] = "",
    click_id: Annotated[str, typer.Option(help="A click; its install stays, unattributed.")] = "",
    as_json: Json = False,
) -> None:
    """Erase for good; a replay does not bring it back."""
    if sum(map(bool, (install_id, external_id, click_id))) != 1:
        raise typer.BadParameter("give one of --install-id, --external-id and --click-id")

    async def forget(session: Session) -> dict[str, Any]:
        await require_app(session, app_id)
        if click_id:
            return await _forget_click(session, app_id, click_id)
        return await _forget(session, app_id, canonical(install_id) or None, canonical(external_id) or None)

    print_record(run(forget), as_json)


async def _forget(session: Session, app_id: str, install_id: str | None, external_id: str | None) -> dict[str, Any]:
    """The clicks go first: while the ledger names them, a command that was cut off can be repeated."""
    clicks = await find_clicks(session.database, app_id, install_id, external_id)
    await _erase_clicks(session, clicks)
    key = session.keyring.derive("tombstone")[0]
    async with session.database.acquire() as connection, connection.transaction():
        gone: Erased = await erase(connection, key, app_id, install_id=install_id, external_id=external_id)
    if not gone.install_ids and not gone.events:
        raise Refused(f"nothing to erase: {app_id} has no install or event of {install_id or external_id!r}")
    return {"installs": list(gone.install_ids), "events": gone.events, "clicks": list(gone.click_ids)}


async def _forget_click(session: Session, app_id: str, click_id: str) -> dict[str, Any]:
    if parse_click_id(click_id) is None:
        raise Refused(f"click: {click_id[:60]!r} is no click id; one has 22 letters and digits")
    async with open_redis(session.settings) as redis:
        store = _store(session, redis)
        click = await store.get(click_id)
        is_foreign = click is not None and click.app_id not in ("", app_id)  # "": Redis has lost its ad
        stored = not is_foreign and await store.erase(click_id)
    async with session.database.acquire() as connection, connection.transaction():
        installs = await erase_click(connection, app_id, click_id)
    if is_foreign and not installs:
        raise Refused(f"nothing to erase: {app_id} has no click {click_id}")
    if not stored and not installs:
        note(f"no click {click_id} is stored; should it lie in a redirector's spool, it will not be stored either")
    return {"installs": [], "events": 0, "clicks": [click_id] if stored or installs else []}


async def _erase_clicks(session: Session, click_ids: list[str]) -> None:
    if not click_ids:
        return
    async with open_redis(session.settings) as redis:
        for click_id in click_ids:
            await _store(session, redis).erase(click_id)


def _store(session: Session, redis: Any) -> ClickStore:
    return ClickStore(redis, session.keyring.derive("address"), session.settings.click_retention_days)
