"""`signalpost link`: the Signal links that ads point at."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
import typer

from cli.apps import require_app
from cli.assignments import parse_assignments
from cli.output import Json, print_items, print_json, print_record
from cli.own_bases import check_destination, own_bases
from cli.publishing import publish
from cli.refusal import Refused, note
from cli.session import Session, run
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

app = typer.Typer(no_args_is_help=True, help="Signal links: create, list, show, set, disable, qr.")

URL_FIELDS = ("ios_url", "android_url", "fallback_url")
OPTIONS = LinkOptions.__struct_fields__
SETTABLE = (*URL_FIELDS, "mode", "enabled", *OPTIONS)
COLUMNS = ("slug", "app_id", "mode", "enabled", "ios_url", "android_url", "fallback_url")
EXAMPLE = "ios_url=https://apps.apple.com/app/id1"

Slug = Annotated[str, typer.Argument(help="The link's slug.")]


@app.command("create")
def create_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    app_id: Annotated[str, typer.Option("--app", help="The app it advertises.")],
    slug: Annotated[str, typer.Option(help="1 to 64 of A-Z a-z 0-9 _ -; made up when absent.")] = "",
    ios_url: Annotated[str, typer.Option(help="Instead of the app's App Store page.")] = "",
    android_url: Annotated[str, typer.Option(help="Instead of the app's Play page.")] = "",
    fallback_url: Annotated[str, typer.Option(help="Instead of the app's fallback URL.")] = "",
    bridge: Annotated[bool, typer.Option("--bridge", help="Show a small page on the way to the store.")] = False,
    assignments: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE...]", help="As `link set`.")] = None,
    as_json: Json = False,
) -> None:
    """Create a Signal link; prints the URL to paste into the ad."""
    link = StoredLink(
        slug=slug or new_slug(),
        app_id=app_id,
        ios_url=ios_url or None,
        android_url=android_url or None,
        fallback_url=fallback_url or None,
        mode="bridge" if bridge else "redirect",
    )
    given = assignments or []

    async def create(session: Session) -> dict[str, str]:
        return await create_link(session, _changed(link, parse_assignments(given, EXAMPLE)))

    print_record(run(create), as_json)


async def create_link(session: Session, link: StoredLink) -> dict[str, str]:
    """{"slug", "url"} of the new link, published.

    Raises:
        Refused, SettingError: the app, the slug or a URL cannot be taken.
    """
    owner = await require_app(session, link.app_id)
    if problem := slug_problem(link.slug):
        raise Refused(f"slug: {problem}")
    _check_urls(session, owner, link)
    try:
        await insert_link(session.database, link)
    except SlugTakenError:
        raise Refused(f"slug: {link.slug} is taken; choose another, or leave --slug out") from None
    await publish(session)
    if not any((link.ios_url, link.android_url, owner.settings.ios_app_id, owner.settings.android_package)):
        note(f"the link has no store yet: `signalpost app set {link.app_id} ios_app_id=... android_package=...`")
    return {"slug": link.slug, "url": _url(session, owner, link.slug)}


@app.command("list")
def list_command(
    app_id: Annotated[str, typer.Option("--app", help="Only this app's links.")] = "", as_json: Json = False
) -> None:
    """List the links."""

    async def items(session: Session) -> list[dict[str, Any]]:
        served = await _served(session)
        links = await all_links(session.database)
        return [served[link.slug] for link in links if app_id in ("", link.app_id)]

    print_items(run(items), as_json, COLUMNS)


@app.command("show")
def show_command(slug: Slug, as_json: Json = False) -> None:
    """Show a link: the URL for the ad, and where it leads on each OS."""

    async def show(session: Session) -> dict[str, Any]:
        await _require_link(session, slug)
        return (await _served(session))[slug]

    print_record(run(show), as_json)


@app.command("set")
def set_command(
    slug: Slug,
    assignments: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="An empty value clears.")],
    as_json: Json = False,
) -> None:
    """Change a link: ios_url, android_url, fallback_url, mode, enabled, bridge_weight, utm, expires_at, click_cap."""

    async def change(session: Session) -> dict[str, Any]:
        link = await _require_link(session, slug)
        changed = _changed(link, parse_assignments(assignments, EXAMPLE))
        _check_urls(session, await require_app(session, link.app_id), changed)
        return await _store(session, changed)

    print_record(run(change), as_json)


@app.command("disable")
def disable_command(slug: Slug, as_json: Json = False) -> None:
    """Disable a link: it answers 404 from now on. `link set SLUG enabled=true` brings it back."""

    async def disable(session: Session) -> dict[str, Any]:
        return await _store(session, replace(await _require_link(session, slug), enabled=False))

    print_record(run(disable), as_json)


@app.command("qr")
def qr_command(
    slug: Slug,
    output: Annotated[Path | None, typer.Option(help="Write an .svg or .png file instead.")] = None,
    as_json: Json = False,
) -> None:
    """Show a link as a QR code, without macros: a scan is not a TikTok click."""
    import segno  # noqa: PLC0415 - for this one command

    async def url_of(session: Session) -> str:
        link = await _require_link(session, slug)
        if output is not None and output.suffix not in (".svg", ".png"):
            raise Refused(f"output: {output.name} must end in .svg or .png")
        return _url(session, await require_app(session, link.app_id), slug).partition("?")[0]

    url = run(url_of)
    code = segno.make_qr(url, error="m")  # no phone's camera reads a Micro QR code
    if output is not None:
        _save(code, output)
    if as_json:
        print_json({"slug": slug, "url": url, "svg": code.svg_inline(scale=4)})
    elif output is None:
        code.terminal(compact=True)
        typer.echo(url)


def _save(code: Any, output: Path) -> None:
    try:
        code.save(str(output), scale=8)
    except OSError as error:
        typer.echo(f"output: {output} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(1) from None


def _changed(link: StoredLink, assignments: dict[str, str]) -> StoredLink:
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


def _check_urls(session: Session, owner: App, link: StoredLink) -> None:
    bases = own_bases(session.settings.public_base, owner.settings.domains)
    for key in URL_FIELDS:
        if url := getattr(link, key):
            check_destination(key, url, bases, owner.settings.app_schemes)


async def _store(session: Session, link: StoredLink) -> dict[str, Any]:
    await update_link(session.database, link)
    await publish(session)
    return (await _served(session))[link.slug]


async def _require_link(session: Session, slug: str) -> StoredLink:
    link = await get_link(session.database, slug)
    if link is None:
        shown = re.sub(r"[^\x20-\x7e]", "?", slug[:64])
        raise Refused(f"slug: there is no link {shown!r}; `signalpost link list` shows them")
    return link


async def _served(session: Session) -> dict[str, dict[str, Any]]:
    """Every link by slug, as visitors are served it: the app's values stand in the gaps."""
    owners = {app.app_id: app for app in await all_apps(session.database)}
    return {row["slug"]: _shown(session, owners[row["app_id"]], row) for row in await effective_links(session.database)}


def _shown(session: Session, owner: App, row: dict[str, Any]) -> dict[str, Any]:
    fields = {key: value for key, value in row.items() if key != "generate_ttp"}  # the app's, not the link's
    if fields["expires_at"] is not None:
        fields["expires_at"] = datetime.fromtimestamp(fields["expires_at"], UTC)
    return {"slug": row["slug"], "url": _url(session, owner, row["slug"]), **fields}


def _url(session: Session, owner: App, slug: str) -> str:
    return signal_link_url(link_bases(session.settings.public_base, owner.settings.domains)[0], slug)
