"""Pixels: where an app's events go at TikTok."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from admin.apps import require_app
from admin.audit import audited
from admin.events_token import events_token
from admin.names import checked_name
from admin.pixel_check import VALIDATION_EVENT, ask_tiktok, stored_pixel, validate_new, validate_stored
from admin.pixel_ownership import check_pixel_is_ours
from admin.refusal import Refused, refused_settings
from admin.session import Session
from admin.tiktok_accounts import sharing
from ledger.pixel_state import resume
from ledger.pixels import (
    NewPixel,
    Pixel,
    PixelRef,
    PixelSettings,
    all_pixels,
    get_pixel,
    insert_pixel,
    new_pixel_id,
    token_record,
    update_pixel,
)
from ledger.setting_values import SettingError, check_known, parse_settings, parse_value
from ledger.value_bidding import NEEDED, ValueBidding, value_bidding
from tiktok.validation import refusal

SETTABLE = ("name", "enabled", "token", "test_event_code", *PixelSettings.__struct_fields__)


@dataclass(frozen=True, slots=True)
class PixelToAdd:
    """What a person gives of a new pixel."""

    app_id: str
    code: str
    """As Events Manager shows it."""
    token: str = ""
    """Empty = that of the app's connection, where it may send events."""
    name: str = ""
    test_event_code: str = ""


async def add_pixel(session: Session, given: PixelToAdd, validate: bool = True) -> dict[str, str]:
    """{"pixel_id", "state"}; with `validate` TikTok is asked first, with one test event.

    Raises:
        Refused: the app, the code or the token cannot be taken.
    """
    await require_app(session, given.app_id)
    code, test_event_code = given.code.strip(), given.test_event_code.strip()
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", code):
        raise Refused("code: must be the pixel code that Events Manager shows, letters and digits only")
    _check_test_event_code(test_event_code)
    if given.name:
        checked_name("name", given.name)
    token = _checked_token(given.token) if given.token else await events_token(session, given.app_id)
    if validate:
        await check_pixel_is_ours(session, given.app_id, code)
        await validate_new(session, code, token, test_event_code)
    others = {pixel.app_id for pixel in await all_pixels(session.database) if pixel.code == code}
    pixel_id = new_pixel_id()
    pixel = NewPixel(
        pixel_id=pixel_id,
        app_id=given.app_id,
        code=code,
        name=given.name,
        token_encrypted=session.keyring.encrypt(token, token_record(pixel_id)),
        test_event_code=test_event_code,
        state="ok" if validate else "unvalidated",
    )
    async with audited(session, "pixel.add", pixel_id, given.app_id) as change:
        await insert_pixel(change.connection, pixel)
        stored = await get_pixel(change.connection, pixel_id)
        change.after = _shown(stored) if stored is not None else None
    _note_sharing(session, pixel, others)
    return {"pixel_id": pixel_id, "state": pixel.state}


async def list_pixels(session: Session, app_id: str = "") -> list[dict[str, Any]]:
    """Every pixel, or an app's, with its progress to value-based bidding; a token shows only that it is set.

    Raises:
        Refused: there is no such app.
    """
    if app_id:
        await require_app(session, app_id)
    pixels = [pixel for pixel in await all_pixels(session.database) if app_id in ("", pixel.app_id)]
    progress: dict[PixelRef, ValueBidding] = {}
    for of_app in sorted({pixel.app_id for pixel in pixels}):
        progress |= await value_bidding(session.database, of_app, datetime.now(UTC))
    nothing = ValueBidding(0, NEEDED, None)
    return [_shown(pixel) | {"vbo": asdict(progress.get(pixel.ref, nothing))} for pixel in pixels]


async def show_pixel(session: Session, app_id: str, pixel_id: str) -> dict[str, Any]:
    """One of an app's pixels as `list_pixels` has it, with its "warning": who else sends to it; empty = nobody.

    Raises:
        Refused: the app has no such pixel.
    """
    for pixel in await list_pixels(session, app_id):
        if pixel["pixel_id"] == pixel_id:
            others = {one.app_id for one in await all_pixels(session.database) if one.code == pixel["code"]}
            return pixel | {"warning": sharing(others, app_id)}
    raise Refused(f"pixel: {app_id} has no pixel {pixel_id[:60]!r}; `signalpost pixel list` shows them")


async def set_pixel(
    session: Session, pixel_id: str, values: Mapping[str, str], validate: bool = True
) -> dict[str, Any]:
    """The pixel with these values; with `validate` TikTok is asked about a new token first.

    Raises:
        Refused: there is no such pixel, or a value cannot be taken.
    """
    pixel = await require_pixel(session, pixel_id)
    columns = _columns(values)
    _settings(pixel, values)
    if "token" in values:
        token = _checked_token(values["token"])
        if validate:
            await validate_new(session, pixel.code, token, columns.get("test_event_code", pixel.test_event_code))
        columns["token_encrypted"] = session.keyring.encrypt(token, token_record(pixel.pixel_id))
    async with audited(session, "pixel.set", pixel_id, pixel.app_id) as change:
        # another act may have changed it since it was looked up
        before = await get_pixel(change.connection, pixel_id) or pixel
        await update_pixel(change.connection, pixel.ref, **columns, settings=_settings(before, values))
        if "token" in values:
            await resume(change.connection, pixel.ref)
            if not validate:  # it is tried on what is due: a refusal holds the pixel again
                await update_pixel(change.connection, pixel.ref, state="unvalidated")
        changed = await get_pixel(change.connection, pixel.pixel_id) or before
        change.before, change.after = _shown(before), _shown(changed) | {"new_token": "token" in values}
    return _shown(changed)


async def disable_pixel(session: Session, pixel_id: str) -> dict[str, Any]:
    """The pixel, to which nothing is sent from now on.

    Raises:
        Refused: there is no such pixel.
    """
    pixel = await require_pixel(session, pixel_id)
    async with audited(session, "pixel.disable", pixel_id, pixel.app_id) as change:
        changed = await update_pixel(change.connection, pixel.ref, enabled=False) or pixel
        change.before, change.after = _shown(pixel), _shown(changed)
    return _shown(changed)


async def validate_pixel(session: Session, pixel_id: str) -> dict[str, Any]:
    """TikTok's answer to a test event; a held pixel that works resumes at once.

    Raises:
        Refused: there is no such pixel, it does not work, or TikTok could not be asked.
    """
    pixel = await require_pixel(session, pixel_id)
    await check_pixel_is_ours(session, pixel.app_id, pixel.code)
    checked = await validate_stored(session, pixel)
    others = {one.app_id for one in await all_pixels(session.database) if one.code == pixel.code}
    if warning := sharing(others, pixel.app_id):
        session.note(warning)
    return {"pixel_id": pixel_id, "state": "ok", **checked.shown()}


async def send_test_event(
    session: Session, pixel_id: str, event: str = VALIDATION_EVENT
) -> tuple[dict[str, Any], str | None]:
    """TikTok's answer to one event under a test event code, and what is wrong; None where nothing is.

    Raises:
        Refused: there is no such pixel, or the name of the event cannot be one.
    """
    checked_name("event", event)
    pixel = await require_pixel(session, pixel_id)
    checked = await ask_tiktok(session, stored_pixel(session, pixel), event)
    answer, problem = {"pixel_id": pixel_id, "event": event, **checked.shown()}, refusal(checked.verdict)
    async with audited(session, "pixel.test", pixel_id, pixel.app_id) as change:  # the set-up goes on from here
        change.after = answer | {"problem": problem}
    return answer, problem


def _note_sharing(session: Session, pixel: NewPixel, others: set[str]) -> None:
    if pixel.test_event_code:
        session.note(f"test mode: every event is tagged with {pixel.test_event_code}, and TikTok counts none of them")
    if warning := sharing(others, pixel.app_id):
        session.note(warning)
    if pixel.app_id in others:
        session.note("this app has a pixel with this code already: every event is sent to it twice")


@refused_settings()
def _settings(pixel: Pixel, values: Mapping[str, str]) -> PixelSettings:
    named = {key: text for key, text in values.items() if key in PixelSettings.__struct_fields__}
    merged = {**msgspec.to_builtins(pixel.settings), **parse_settings(PixelSettings, named)}
    return msgspec.convert({key: value for key, value in merged.items() if value is not None}, PixelSettings)


@refused_settings()
def _columns(values: Mapping[str, str]) -> dict[str, Any]:
    for key in values:
        check_known(key, SETTABLE)
    columns: dict[str, Any] = {}
    if "name" in values:
        columns["name"] = checked_name("name", values["name"]) if values["name"] else ""
    if "enabled" in values:
        columns["enabled"] = parse_value("enabled", values["enabled"] or "true", bool)
    if "test_event_code" in values:
        _check_test_event_code(values["test_event_code"])
        columns["test_event_code"] = values["test_event_code"]
    return columns


@refused_settings()
def _checked_token(token: str) -> str:
    token = token.strip()
    if not token or len(token) > 1_000 or not token.isascii() or not token.isprintable() or " " in token:
        raise SettingError("token", "must be the Events API token as Events Manager shows it, without spaces")
    return token


@refused_settings()
def _check_test_event_code(code: str) -> None:
    if code and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", code):
        raise SettingError("test_event_code", "must be the code that Events Manager shows, such as TEST12345")


async def require_pixel(session: Session, pixel_id: str) -> Pixel:
    """Raises:
    Refused: there is no such pixel.
    """
    pixel = await get_pixel(session.database, pixel_id)
    if pixel is None:
        raise Refused(f"pixel: there is no pixel {pixel_id[:60]!r}; `signalpost pixel list` shows them")
    return pixel


def _shown(pixel: Pixel) -> dict[str, Any]:
    return {
        "pixel_id": pixel.pixel_id,
        "app_id": pixel.app_id,
        "code": pixel.code,
        "name": pixel.name,
        "enabled": pixel.enabled,
        "state": pixel.state,
        "held_reason": pixel.held_reason,
        "test_event_code": pixel.test_event_code,
        "token": "set",
        **msgspec.to_builtins(pixel.settings),
    }
