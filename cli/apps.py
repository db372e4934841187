"""`signalpost app`: the apps that are advertised, their settings and their API keys."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
import typer

from cli.assignments import checked_name, parse_assignments
from cli.output import Json, print_items, print_record
from cli.own_bases import check_destination, own_bases
from cli.publishing import publish
from cli.refusal import Refused, note
from cli.session import Session, run
from forwarder.currency_rates import read_rates
from ledger.apps import (
    APP_SECRETS,
    App,
    AppChanges,
    AppSettings,
    all_apps,
    get_app,
    hash_api_key,
    insert_app,
    new_api_key,
    new_app_id,
    set_api_key,
    update_app,
)
from ledger.links import all_links
from ledger.pixels import all_pixels
from ledger.setting_values import SettingError, check_known, check_timezone, parse_settings
from ledger.sites import domain_owner
from ledger.webhook_events import SECRETS
from ledger.webhook_secrets import check_webhook_secret
from tiktok.currencies import ACCEPTED

app = typer.Typer(no_args_is_help=True, help="Apps: create, list, show, set, rotate-key.")

SETTABLE = ("name", *AppSettings.__struct_fields__, *APP_SECRETS)
KEY_ONCE = "Keep the API key: it is shown this once."

AppId = Annotated[str, typer.Argument(metavar="ID", help="The app's id, app_...")]


@app.command("create")
def create_command(
    name: Annotated[str, typer.Argument(help="What you call the app.")],
    ios_app_id: Annotated[str, typer.Option(help="The number in its App Store URL.")] = "",
    android_package: Annotated[str, typer.Option(help="Its package name, such as com.example.app.")] = "",
    fallback_url: Annotated[str, typer.Option(help="Where visitors go whose OS has no store.")] = "",
    as_json: Json = False,
) -> None:
    """Create an app; prints its id and, this once, its API key."""
    assignments = {"ios_app_id": ios_app_id, "android_package": android_package, "fallback_url": fallback_url}

    async def create(session: Session) -> dict[str, str]:
        return await create_app(session, name, {key: value for key, value in assignments.items() if value})

    created = run(create)
    print_record(created, as_json)
    if not as_json:
        typer.echo(KEY_ONCE)


async def create_app(session: Session, name: str, assignments: dict[str, str]) -> dict[str, str]:
    """{"app_id", "api_key"} of a new app.

    Raises:
        Refused, SettingError: the name or a setting cannot be taken.
    """
    settings = _checked_settings(session, assignments)
    app_id, api_key = new_app_id(), new_api_key()
    await insert_app(
        session.database,
        App(
            app_id=app_id,
            name=checked_name("name", name),
            settings=msgspec.convert({k: v for k, v in settings.items() if v is not None}, AppSettings),
            api_key_hash=hash_api_key(api_key),
            api_key_encrypted=session.keyring.encrypt(api_key, f"app:{app_id}:api_key"),
            secrets={},
            created_at=datetime.now(UTC),
        ),
    )
    return {"app_id": app_id, "api_key": api_key}


@app.command("list")
def list_command(as_json: Json = False) -> None:
    """List the apps."""

    async def items(session: Session) -> list[dict[str, Any]]:
        links, pixels = await _counts(session)
        return [_shown(one, links, pixels) for one in await all_apps(session.database)]

    print_items(run(items), as_json, ("app_id", "name", "links", "pixels", "created_at"))


@app.command("show")
def show_command(app_id: AppId, as_json: Json = False) -> None:
    """Show an app and every setting; secrets only as set or not set."""

    async def show(session: Session) -> dict[str, Any]:
        return _shown(await require_app(session, app_id), *await _counts(session))

    _print_app(run(show), as_json)


@app.command("set")
def set_command(
    app_id: AppId,
    assignments: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="An empty value clears.")],
    as_json: Json = False,
) -> None:
    """Change settings of an app: KEY=VALUE..., an empty value goes back to the default."""

    async def change(session: Session) -> dict[str, Any]:
        assigned = parse_assignments(assignments, "match_window_hours=24")
        changes = _changes(session, app_id, assigned)
        await _check_domains(session, app_id, changes.settings.get("domains") or ())
        changed = await update_app(session.database, app_id, changes)
        if changed is None:
            raise no_app(app_id)
        await publish(session)
        _note_revenue_source(changed, [key for key in assigned if assigned[key]])
        return _shown(changed, *await _counts(session))

    _print_app(run(change), as_json)


@app.command("rotate-key")
def rotate_key_command(app_id: AppId, as_json: Json = False) -> None:
    """Replace an app's API key; the old one stops working at once."""

    async def rotate(session: Session) -> dict[str, str]:
        api_key = new_api_key()
        encrypted = session.keyring.encrypt(api_key, f"app:{app_id}:api_key")
        if not await set_api_key(session.database, app_id, hash_api_key(api_key), encrypted):
            raise no_app(app_id)
        return {"app_id": app_id, "api_key": api_key}

    print_record(run(rotate), as_json)
    if not as_json:
        typer.echo(KEY_ONCE)


async def require_app(session: Session, app_id: str) -> App:
    """Raises:
    Refused: there is no such app.
    """
    found = await get_app(session.database, app_id)
    if found is None:
        raise no_app(app_id)
    return found


def no_app(app_id: str) -> Refused:
    return Refused(f"app: there is no app {app_id[:60]!r}; `signalpost app list` shows them")


def _note_revenue_source(changed: App, keys: list[str]) -> None:
    """Whoever connects a platform mostly wants its sales, and would wonder why they are not sent."""
    for provider, secret in SECRETS.items():
        chosen = changed.settings.revenue_source
        if secret in keys and provider != chosen:
            note(
                f"trials, subscriptions and sales come from {chosen}; `signalpost app set {changed.app_id} "
                f"revenue_source={provider}` takes them from {provider}"
            )


def _changes(session: Session, app_id: str, assignments: dict[str, str]) -> AppChanges:
    for key in assignments:
        check_known(key, SETTABLE)
    settings = {key: value for key, value in assignments.items() if key in AppSettings.__struct_fields__}
    return AppChanges(
        name=checked_name("name", assignments["name"]) if "name" in assignments else None,
        settings=_checked_settings(session, settings),
        secrets={key: _sealed(session, app_id, key, assignments[key]) for key in APP_SECRETS if key in assignments},
    )


def _checked_settings(session: Session, assignments: dict[str, str]) -> dict[str, Any]:
    values = parse_settings(AppSettings, assignments)
    if values.get("timezone"):
        check_timezone("timezone", values["timezone"])
    if values.get("currency"):
        _check_currency(session, values["currency"])
    if values.get("fallback_url"):
        check_destination("fallback_url", values["fallback_url"], own_bases(session.settings.public_base))
    return values


def _check_currency(session: Session, currency: str) -> None:
    """TikTok takes it, or the rate table converts it: else every amount in it would be left out."""
    path = session.settings.currency_rates_file
    if currency in ACCEPTED or (path is not None and currency in read_rates(path).rates):
        return
    raise SettingError(
        "currency",
        f"TikTok takes no amounts in {currency!r}: set one of {', '.join(sorted(ACCEPTED))}, "
        "or give its rate in CURRENCY_RATES_FILE",
    )


async def _check_domains(session: Session, app_id: str, domains: Iterable[str]) -> None:
    for domain in domains:
        if domain == urlsplit(session.settings.public_base).hostname:
            raise SettingError("domains", f"{domain} is PUBLIC_URL's host, which serves every app's links")
        if await domain_owner(session.database, domain) not in (None, app_id):
            raise SettingError("domains", f"{domain} is another app's: take it off that one first")


def _sealed(session: Session, app_id: str, name: str, secret: str) -> str | None:
    secret = secret.strip()
    if not secret:
        return None
    check_webhook_secret(name, secret)
    return base64.b64encode(session.keyring.encrypt(secret, f"app:{app_id}:{name}")).decode()


async def _counts(session: Session) -> tuple[dict[str, int], dict[str, int]]:
    """How many links, and how many pixels, each app has."""
    links: dict[str, int] = {}
    pixels: dict[str, int] = {}
    for link in await all_links(session.database):
        links[link.app_id] = links.get(link.app_id, 0) + 1
    for pixel in await all_pixels(session.database):
        pixels[pixel.app_id] = pixels.get(pixel.app_id, 0) + 1
    return links, pixels


def _shown(one: App, links: dict[str, int], pixels: dict[str, int]) -> dict[str, Any]:
    secrets = {name: "set" if name in one.secrets else "not set" for name in APP_SECRETS}
    return {
        "app_id": one.app_id,
        "name": one.name,
        "settings": {**msgspec.to_builtins(one.settings), **secrets},
        "links": links.get(one.app_id, 0),
        "pixels": pixels.get(one.app_id, 0),
        "created_at": one.created_at,
    }


def _print_app(record: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_record(record, as_json)
        return
    plain = {key: value for key, value in record.items() if key != "settings"}
    print_record({**plain, **{f"  {key}": value for key, value in record["settings"].items()}}, as_json)
