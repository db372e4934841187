"""`signalpost pixel`: where an app's events go at TikTok."""

import re
import sys
from dataclasses import replace
from typing import Annotated, Any

import msgspec
import typer

from cli.apps import require_app
from cli.assignments import checked_name, parse_assignments
from cli.output import Json, print_items, print_record
from cli.pixel_check import VALIDATION_EVENT, ask_tiktok, stored_pixel, validate_new, validate_stored
from cli.refusal import Refused, note
from cli.session import Session, run
from cli.test_mode import print_banner
from ledger.pixel_state import resume
from ledger.pixels import (
    NewPixel,
    Pixel,
    PixelSettings,
    all_pixels,
    get_pixel,
    insert_pixel,
    new_pixel_id,
    token_record,
    update_pixel,
)
from ledger.setting_values import SettingError, check_known, parse_settings, parse_value
from tiktok.validation import refusal

app = typer.Typer(no_args_is_help=True, help="Pixels: add, list, set, validate, test, disable.")

SETTABLE = ("name", "enabled", "token", "test_event_code", *PixelSettings.__struct_fields__)
COLUMNS = ("pixel_id", "app_id", "code", "name", "enabled", "state", "held_reason", "test_event_code", "token")

PixelId = Annotated[str, typer.Argument(metavar="ID", help="The pixel's id, px_...")]
NoValidate = Annotated[bool, typer.Option("--no-validate", help="Do not ask TikTok first.")]


@app.command("add")
def add_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    app_id: Annotated[str, typer.Option("--app", help="The app whose events it takes.")],
    code: Annotated[str, typer.Option(help="The pixel code that Events Manager shows.")],
    token: Annotated[str, typer.Option(help="The Events API token; - reads it from standard input.")],
    name: Annotated[str, typer.Option(help="What you call it.")] = "",
    test_event_code: Annotated[str, typer.Option(help="Tags every event while set.")] = "",
    no_validate: NoValidate = False,
    as_json: Json = False,
) -> None:
    """Add a pixel to an app. TikTok is asked first, with one test event, whether it takes the token."""
    pixel = NewPixel(
        pixel_id=new_pixel_id(),
        app_id=app_id,
        code=code.strip(),
        name=name,
        token_encrypted=b"",
        test_event_code=test_event_code.strip(),
        state="unvalidated" if no_validate else "ok",
    )

    async def add(session: Session) -> dict[str, str]:
        return await add_pixel(session, pixel, token)

    print_record(run(add), as_json)


async def add_pixel(session: Session, pixel: NewPixel, token: str) -> dict[str, str]:
    """{"pixel_id", "state"}; TikTok is asked first unless the pixel comes as `unvalidated`.

    Raises:
        Refused, SettingError: the app, the code or the token cannot be taken.
    """
    await require_app(session, pixel.app_id)
    token = _checked_token(token)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", pixel.code):
        raise SettingError("code", "must be the pixel code that Events Manager shows, letters and digits only")
    _check_test_event_code(pixel.test_event_code)
    if pixel.name:
        checked_name("name", pixel.name)
    if pixel.state == "ok":
        await validate_new(session, pixel.code, token, pixel.test_event_code)
    others = {p.app_id for p in await all_pixels(session.database) if p.code == pixel.code}
    encrypted = session.keyring.encrypt(token, token_record(pixel.pixel_id))
    await insert_pixel(session.database, replace(pixel, token_encrypted=encrypted))
    if pixel.test_event_code:
        note(f"test mode: every event is tagged with {pixel.test_event_code}, and TikTok counts none of them")
    for other in sorted(others - {pixel.app_id}):
        note(f"{other} uses this pixel too: TikTok advises a fresh pixel per app, or their events mix")
    if pixel.app_id in others:
        note("this app has a pixel with this code already: every event is sent to it twice")
    return {"pixel_id": pixel.pixel_id, "state": pixel.state}


@app.command("list")
def list_command(
    app_id: Annotated[str, typer.Option("--app", help="Only this app's pixels.")] = "", as_json: Json = False
) -> None:
    """List the pixels; a token shows only that it is set."""

    async def items(session: Session) -> list[dict[str, Any]]:
        pixels = [pixel for pixel in await all_pixels(session.database) if app_id in ("", pixel.app_id)]
        for pixel in pixels:
            print_banner(pixel)
        return [_shown(pixel) for pixel in pixels]

    print_items(run(items), as_json, COLUMNS)


@app.command("set")
def set_command(
    pixel_id: PixelId,
    assignments: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="An empty value clears.")],
    no_validate: NoValidate = False,
    as_json: Json = False,
) -> None:
    """Change a pixel: name, enabled, token, test_event_code, consent_categories, send, event_names."""

    async def change(session: Session) -> dict[str, Any]:
        pixel = await _require_pixel(session, pixel_id)
        values = parse_assignments(assignments, "test_event_code=TEST12345")
        changed = await _change(session, pixel, values, validate=not no_validate)
        print_banner(changed)
        return _shown(changed)

    print_record(run(change), as_json)


@app.command("validate")
def validate_command(pixel_id: PixelId, as_json: Json = False) -> None:
    """Ask TikTok whether it takes the pixel's token; a held pixel that works resumes at once."""

    async def validate(session: Session) -> dict[str, Any]:
        checked = await validate_stored(session, await _require_pixel(session, pixel_id))
        return {"pixel_id": pixel_id, "state": "ok", **checked.shown()}

    print_record(run(validate), as_json)


@app.command("test")
def send_test_command(
    pixel_id: PixelId,
    event: Annotated[str, typer.Option(help="TikTok's name of the event to send.")] = VALIDATION_EVENT,
    as_json: Json = False,
) -> None:
    """Send one event under a test event code and show TikTok's answer."""
    checked_name("event", event)

    async def test(session: Session) -> tuple[dict[str, Any], str | None]:
        pixel = stored_pixel(session, await _require_pixel(session, pixel_id))
        checked = await ask_tiktok(session, pixel, event)
        return {"pixel_id": pixel_id, "event": event, **checked.shown()}, refusal(checked.verdict)

    answer, problem = run(test)
    print_record(answer, as_json)
    if problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1)


@app.command("disable")
def disable_command(pixel_id: PixelId, as_json: Json = False) -> None:
    """Disable a pixel: nothing is sent to it. `pixel set ID enabled=true` brings it back."""

    async def disable(session: Session) -> dict[str, Any]:
        pixel = await _require_pixel(session, pixel_id)
        return _shown(await update_pixel(session.database, pixel.ref, enabled=False) or pixel)

    print_record(run(disable), as_json)


async def _change(session: Session, pixel: Pixel, values: dict[str, str], validate: bool) -> Pixel:
    for key in values:
        check_known(key, SETTABLE)
    columns = _columns(values)
    settings = parse_settings(
        PixelSettings, {key: text for key, text in values.items() if key in PixelSettings.__struct_fields__}
    )
    merged = {**msgspec.to_builtins(pixel.settings), **settings}
    columns["settings"] = msgspec.convert({k: v for k, v in merged.items() if v is not None}, PixelSettings)
    if "token" in values:
        token = _checked_token(values["token"])
        if validate:
            code = columns.get("test_event_code", pixel.test_event_code)
            await validate_new(session, pixel.code, token, code)
        columns["token_encrypted"] = session.keyring.encrypt(token, token_record(pixel.pixel_id))
    async with session.database.acquire() as connection, connection.transaction():
        await update_pixel(connection, pixel.ref, **columns)
        if "token" in values:
            await resume(connection, pixel.ref)
            if not validate:  # it is tried on what is due: a refusal holds the pixel again
                await update_pixel(connection, pixel.ref, state="unvalidated")
        return await get_pixel(connection, pixel.pixel_id) or pixel


def _columns(values: dict[str, str]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "name" in values:
        columns["name"] = checked_name("name", values["name"]) if values["name"] else ""
    if "enabled" in values:
        columns["enabled"] = parse_value("enabled", values["enabled"] or "true", bool)
    if "test_event_code" in values:
        _check_test_event_code(values["test_event_code"])
        columns["test_event_code"] = values["test_event_code"]
    return columns


def _checked_token(token: str) -> str:
    token = (sys.stdin.readline() if token == "-" else token).strip()  # noqa: S105 - a dash is no token
    if not token or len(token) > 1_000 or not token.isascii() or not token.isprintable() or " " in token:
        raise SettingError("token", "must be the Events API token as Events Manager shows it, without spaces")
    return token


def _check_test_event_code(code: str) -> None:
    if code and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", code):
        raise SettingError("test_event_code", "must be the code that Events Manager shows, such as TEST12345")


async def _require_pixel(session: Session, pixel_id: str) -> Pixel:
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
