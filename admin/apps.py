"""Apps: created, shown, changed, given another key."""

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from admin.audit import audited
from admin.names import checked_name
from admin.own_bases import check_destination, own_bases
from admin.publishing import publish
from admin.refusal import Refused, refused_settings
from admin.session import Session
from ledger.advertisers import zone_of_app
from ledger.apps import (
    APP_SECRETS,
    App,
    AppChanges,
    AppSettings,
    all_apps,
    api_key_record,
    app_secret_record,
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
from ledger.webhook_providers import PROVIDERS
from ledger.webhook_secrets import check_webhook_secret
from tiktok.currencies import ACCEPTED
from tiktok.currency_rates import read_rates

__all__ = [
    "KEPT_AT_MOST_HOURS",
    "SETTABLE",
    "App",
    "create_app",
    "list_apps",
    "no_app",
    "require_app",
    "rotate_key",
    "set_app",
    "show_app",
    "zone_of",
]

KEPT_AT_MOST_HOURS = 8_784  # a year: phones that were not updated by then will not be

SETTABLE = ("name", *AppSettings.__struct_fields__, *APP_SECRETS)


async def create_app(session: Session, name: str, assignments: Mapping[str, str]) -> dict[str, str]:
    """{"app_id", "api_key"} of a new app. The key cannot be read again.

    Raises:
        Refused: the name or a setting cannot be taken.
    """
    settings = _checked_settings(session, assignments)
    app_id, api_key = new_app_id(), new_api_key()
    new = App(
        app_id=app_id,
        name=checked_name("name", name),
        settings=msgspec.convert({k: v for k, v in settings.items() if v is not None}, AppSettings),
        api_key_hash=hash_api_key(api_key),
        api_key_encrypted=session.keyring.encrypt(api_key, api_key_record(app_id)),
        secrets={},
        created_at=datetime.now(UTC),
    )
    async with audited(session, "app.create", app_id, app_id) as change:
        await insert_app(change.connection, new)
        change.after = _described(new)
    return {"app_id": app_id, "api_key": api_key}


async def list_apps(session: Session) -> list[dict[str, Any]]:
    """Every app as `show_app`, oldest first."""
    links, pixels = await _counts(session)
    return [_shown(one, links, pixels) for one in await all_apps(session.database)]


async def show_app(session: Session, app_id: str) -> dict[str, Any]:
    """{"app_id", "name", "settings", "links", "pixels", "created_at"}; secrets only as set or not set. And
    {"previous_key_until"} where the key before the present one still works.

    Raises:
        Refused: there is no such app.
    """
    return _shown(await require_app(session, app_id), *await _counts(session))


async def set_app(session: Session, app_id: str, assignments: Mapping[str, str]) -> dict[str, Any]:
    """The app with these settings; an empty text is the default, or forgets a secret.

    Raises:
        Refused: there is no such app, or a value cannot be taken.
    """
    changes = _changes(session, app_id, assignments)
    await _check_domains(session, app_id, changes.settings.get("domains") or ())
    before = await require_app(session, app_id)
    async with audited(session, "app.set", app_id, app_id) as change:
        changed = await update_app(change.connection, app_id, changes)
        if changed is None:
            raise no_app(app_id)
        change.before, change.after = _described(before), _described(changed)
    await publish(session)
    _note_revenue_source(session, changed, [key for key in assignments if assignments[key]])
    return _shown(changed, *await _counts(session))


async def rotate_key(session: Session, app_id: str, keep_old_for_hours: int = 0) -> dict[str, Any]:
    """{"app_id", "api_key"}: the old key stops working at once. Where it is to go on for some hours,
    {"previous_key_until"} says until when; a key that was before it ends at once all the same.

    Raises:
        Refused: there is no such app, or more hours than a year has.
    """
    if not 0 <= keep_old_for_hours <= KEPT_AT_MOST_HOURS:
        raise Refused(f"keep_old_for: must be a whole number of hours from 0 to {KEPT_AT_MOST_HOURS}")
    api_key = new_api_key()
    encrypted = session.keyring.encrypt(api_key, api_key_record(app_id))
    async with audited(session, "app.rotate_key", app_id, app_id) as change:
        before = await get_app(change.connection, app_id)
        changed = await set_api_key(change.connection, app_id, hash_api_key(api_key), encrypted, keep_old_for_hours)
        if before is None or changed is None:
            raise no_app(app_id)
        ended, kept = _kept_until(before), _kept_until(changed)
        change.before, change.after = {"previous_key_until": ended}, {"previous_key_until": kept}
    if ended is not None:
        session.note(f"the key before the old one, which was to work until {ended:%Y-%m-%d %H:%M} UTC, has ended")
    return {"app_id": app_id, "api_key": api_key, **({"previous_key_until": kept} if kept else {})}


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


async def zone_of(session: Session, app_id: str) -> str:
    """The zone that the app's days are counted in: its setting, else its ad account's."""
    return await zone_of_app(session.database, app_id)


def _note_revenue_source(session: Session, changed: App, keys: list[str]) -> None:
    """Whoever connects a platform mostly wants its sales, and would wonder why they are not sent."""
    for provider, facts in PROVIDERS.items():
        chosen = changed.settings.revenue_source
        if facts.secret in keys and provider != chosen:
            session.note(
                f"trials, subscriptions and sales come from {chosen}; `signalpost app set {changed.app_id} "
                f"revenue_source={provider}` takes them from {provider}"
            )


@refused_settings()
def _changes(session: Session, app_id: str, assignments: Mapping[str, str]) -> AppChanges:
    for key in assignments:
        check_known(key, SETTABLE)
    settings = {key: value for key, value in assignments.items() if key in AppSettings.__struct_fields__}
    return AppChanges(
        name=checked_name("name", assignments["name"]) if "name" in assignments else None,
        settings=_checked_settings(session, settings),
        secrets={key: _sealed(session, app_id, key, assignments[key]) for key in APP_SECRETS if key in assignments},
    )


@refused_settings()
def _checked_settings(session: Session, assignments: Mapping[str, str]) -> dict[str, Any]:
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
            raise Refused(f"domains: {domain} is PUBLIC_URL's host, which serves every app's links")
        if await domain_owner(session.database, domain) not in (None, app_id):
            raise Refused(f"domains: {domain} is another app's: take it off that one first")


def _sealed(session: Session, app_id: str, name: str, secret: str) -> str | None:
    secret = secret.strip()
    if not secret:
        return None
    check_webhook_secret(name, secret)
    return base64.b64encode(session.keyring.encrypt(secret, app_secret_record(app_id, name))).decode()


async def _counts(session: Session) -> tuple[dict[str, int], dict[str, int]]:
    """How many links, and how many pixels, each app has."""
    links: dict[str, int] = {}
    pixels: dict[str, int] = {}
    for link in await all_links(session.database):
        links[link.app_id] = links.get(link.app_id, 0) + 1
    for pixel in await all_pixels(session.database):
        pixels[pixel.app_id] = pixels.get(pixel.app_id, 0) + 1
    return links, pixels


def _described(one: App) -> dict[str, Any]:
    """Everything of an app that may be shown."""
    secrets = {name: "set" if name in one.secrets else "not set" for name in APP_SECRETS}
    return {
        "app_id": one.app_id,
        "name": one.name,
        "settings": {**msgspec.to_builtins(one.settings), **secrets},
    }


def _shown(one: App, links: dict[str, int], pixels: dict[str, int]) -> dict[str, Any]:
    kept = _kept_until(one)
    return {
        **_described(one),
        "links": links.get(one.app_id, 0),
        "pixels": pixels.get(one.app_id, 0),
        "created_at": one.created_at,
        **({"previous_key_until": kept} if kept else {}),
    }


def _kept_until(one: App) -> datetime | None:
    """Until when the key before the present one still works."""
    previous = one.previous_key_at(datetime.now(UTC))
    return previous.until if previous is not None else None
