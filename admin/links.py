"""Signal links: created, shown, changed, and where they lead."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_type_hints

import msgspec

from admin.apps import require_app
from admin.audit import audited
from admin.own_bases import check_destination, own_bases
from admin.publishing import publish
from admin.refusal import Refused, refused_settings
from admin.session import Session
from ledger.apps import App, all_apps
from ledger.links import (
    NO_OPTIONS,
    LinkMode,
    LinkOptions,
    SlugTakenError,
    StoredLink,
    all_links,
    effective_links,
    get_link,
    insert_link,
    new_slug,
    slug_problem,
    update_link,
)
from ledger.setting_values import SettingError, check_known, parse_value
from ledger.sites import link_bases
from tiktok.macros import signal_link_url

URL_FIELDS = ("ios_url", "android_url", "fallback_url")
OPTIONS = LinkOptions.__struct_fields__
SETTABLE = (*URL_FIELDS, "mode", "enabled", *OPTIONS)


async def create_link(session: Session, app_id: str, slug: str, assignments: Mapping[str, str]) -> dict[str, str]:
    """{"slug", "url"} of the new link, published. An empty slug is made up; `assignments` as for `set_link`.

    Raises:
        Refused: the app, the slug or a value cannot be taken.
    """
    empty = StoredLink(slug=slug or new_slug(), app_id=app_id, ios_url=None, android_url=None, fallback_url=None)
    link = _changed(empty, assignments)
    owner = await require_app(session, app_id)
    if problem := slug_problem(link.slug):
        raise Refused(f"slug: {problem}")
    _check_urls(session, owner, link)
    try:
        async with audited(session, "link.create", link.slug, app_id) as change:
            await insert_link(change.connection, link)
            change.after = link
    except SlugTakenError:
        raise Refused(f"slug: {link.slug} is taken; choose another, or leave --slug out") from None
    await publish(session)
    if not any((link.ios_url, link.android_url, owner.settings.ios_app_id, owner.settings.android_package)):
        session.note(f"the link has no store yet: `signalpost app set {app_id} ios_app_id=... android_package=...`")
    return {"slug": link.slug, "url": _url(session, owner, link.slug)}


async def list_links(session: Session, app_id: str = "") -> list[dict[str, Any]]:
    """Every link, or an app's, as `show_link`.

    Raises:
        Refused: there is no such app.
    """
    if app_id:
        await require_app(session, app_id)
    served = await _served(session)
    return [served[link.slug] for link in await all_links(session.database) if app_id in ("", link.app_id)]


async def show_link(session: Session, slug: str) -> dict[str, Any]:
    """The URL for the ad, and where the link leads on each OS: the app's values stand in the gaps.

    Raises:
        Refused: there is no such link.
    """
    await _require_link(session, slug)
    return (await _served(session))[slug]


async def set_link(session: Session, slug: str, assignments: Mapping[str, str]) -> dict[str, Any]:
    """The link with these values, published; an empty text is the default.

    Raises:
        Refused: there is no such link, or a value cannot be taken.
    """
    link = await _require_link(session, slug)
    owner = await require_app(session, link.app_id)

    def changed(stands: StoredLink) -> StoredLink:
        set_so = _changed(stands, assignments)
        _check_urls(session, owner, set_so)
        return set_so

    return await _store(session, "link.set", link, changed)


async def disable_link(session: Session, slug: str) -> dict[str, Any]:
    """The link, which answers 404 from now on.

    Raises:
        Refused: there is no such link.
    """
    link = await _require_link(session, slug)
    return await _store(session, "link.disable", link, lambda stands: replace(stands, enabled=False))


async def link_settings(session: Session, app_id: str, slug: str) -> dict[str, Any]:
    """What is set on the link itself, without the app's values in the gaps.

    Raises:
        Refused: the app has no such link.
    """
    link = await _require_link(session, slug)
    if link.app_id != app_id:
        raise _no_link(slug)
    own = {key: getattr(link, key) for key in (*URL_FIELDS, "mode", "enabled")}
    own |= {key: getattr(link.options, key) for key in OPTIONS}
    if link.options.expires_at is not None:
        own["expires_at"] = f"{datetime.fromtimestamp(link.options.expires_at, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return own


async def bare_url(session: Session, slug: str) -> str:
    """The link without macros, for where nobody fills them in.

    Raises:
        Refused: there is no such link.
    """
    link = await _require_link(session, slug)
    return _url(session, await require_app(session, link.app_id), slug).partition("?")[0]


async def _store(
    session: Session, act: str, link: StoredLink, changed: Callable[[StoredLink], StoredLink]
) -> dict[str, Any]:
    """Change the link as it stands when it is this act's turn: another may have changed it since it was looked up."""
    async with audited(session, act, link.slug, link.app_id) as change:
        change.before = await get_link(change.connection, link.slug) or link
        change.after = changed(change.before)
        await update_link(change.connection, change.after)
    await publish(session)
    return (await _served(session))[link.slug]


@refused_settings()
def _changed(link: StoredLink, assignments: Mapping[str, str]) -> StoredLink:
    for key in assignments:
        check_known(key, SETTABLE)
    changes: dict[str, Any] = {key: assignments[key] or None for key in URL_FIELDS if key in assignments}
    if "mode" in assignments:
        changes["mode"] = parse_value("mode", assignments["mode"] or "redirect", LinkMode)
    if "enabled" in assignments:
        changes["enabled"] = parse_value("enabled", assignments["enabled"] or "true", bool)
    options = {key: _option(key, assignments[key]) for key in OPTIONS if key in assignments}
    return replace(link, **changes, options=msgspec.structs.replace(link.options, **options))


def _option(key: str, text: str) -> Any:
    """The value of an option; an empty text is its default."""
    if not text:
        return getattr(NO_OPTIONS, key)
    if key == "expires_at":
        return _moment(text)
    return parse_value(key, text, get_type_hints(LinkOptions, include_extras=True)[key])


def _moment(text: str) -> int:
    """Unix s."""
    try:
        moment = datetime.fromisoformat(text) if not text.isdigit() else datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        hint = "must be a time such as 2026-12-01T00:00:00Z, or Unix seconds"
        raise SettingError("expires_at", f"{hint}, not {text[:40]!r}") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


@refused_settings()
def _check_urls(session: Session, owner: App, link: StoredLink) -> None:
    bases = own_bases(session.settings.public_base, owner.settings.domains)
    for key in URL_FIELDS:
        if url := getattr(link, key):
            check_destination(key, url, bases, owner.settings.app_schemes)


async def _require_link(session: Session, slug: str) -> StoredLink:
    link = await get_link(session.database, slug)
    if link is None:
        raise _no_link(slug)
    return link


def _no_link(slug: str) -> Refused:
    shown = re.sub(r"[^\x20-\x7e]", "?", slug[:64])
    return Refused(f"slug: there is no link {shown!r}; `signalpost link list` shows them")


async def _served(session: Session) -> dict[str, dict[str, Any]]:
    """Every link by slug, as visitors are served it: the app's values stand in the gaps."""
    owners = {app.app_id: app for app in await all_apps(session.database)}
    return {row["slug"]: _shown(session, owners[row["app_id"]], row) for row in await effective_links(session.database)}


def _shown(session: Session, owner: App, row: dict[str, Any]) -> dict[str, Any]:
    fields = {key: row[key] for key in ("app_id", *SETTABLE)}  # what else is served with it is the app's
    if fields["expires_at"] is not None:
        fields["expires_at"] = datetime.fromtimestamp(fields["expires_at"], UTC)
    return {"slug": row["slug"], "url": _url(session, owner, row["slug"]), **fields}


def _url(session: Session, owner: App, slug: str) -> str:
    return signal_link_url(link_bases(session.settings.public_base, owner.settings.domains)[0], slug)
