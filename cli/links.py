"""`signalpost link`: the Signal links that ads point at."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.apps import require_app
from cli.assignments import parse_assignments
from cli.output import Json, print_items, print_json, print_record
from cli.publishing import publish
from cli.refusal import Refused, note
from cli.session import Session, run
from ledger.apps import App
from ledger.destinations import destination_problem
from ledger.links import (
    LinkMode,
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
from tiktok.macros import signal_link_url

app = typer.Typer(no_args_is_help=True, help="Signal links: create, list, show, set, disable, qr.")

URL_FIELDS = ("ios_url", "android_url", "fallback_url")
SETTABLE = (*URL_FIELDS, "mode", "enabled")
COLUMNS = ("slug", "app_id", "mode", "enabled", "ios_url", "android_url", "fallback_url")

Slug = Annotated[str, typer.Argument(help="The link's slug.")]


@app.command("create")
def create_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    app_id: Annotated[str, typer.Option("--app", help="The app it advertises.")],
    slug: Annotated[str, typer.Option(help="1 to 64 of A-Z a-z 0-9 _ -; made up when absent.")] = "",
    ios_url: Annotated[str, typer.Option(help="Instead of the app's App Store page.")] = "",
    android_url: Annotated[str, typer.Option(help="Instead of the app's Play page.")] = "",
    fallback_url: Annotated[str, typer.Option(help="Instead of the app's fallback URL.")] = "",
    bridge: Annotated[bool, typer.Option("--bridge", help="Show a small page on the way to the store.")] = False,
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

    async def create(session: Session) -> dict[str, str]:
        return await create_link(session, link)

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
    return {"slug": link.slug, "url": _url(session, link.slug)}


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
    """Change a link: ios_url, android_url, fallback_url, mode, enabled; an empty value goes back to the app's."""

    async def change(session: Session) -> dict[str, Any]:
        link = await _require_link(session, slug)
        changed = _changed(link, parse_assignments(assignments, "ios_url=https://apps.apple.com/app/id1"))
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
        await _require_link(session, slug)
        if output is not None and output.suffix not in (".svg", ".png"):
            raise Refused(f"output: {output.name} must end in .svg or .png")
        return _url(session, slug).partition("?")[0]

    url = run(url_of)
    code = segno.make(url, error="m")
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
    return replace(link, **changes)


def _check_urls(session: Session, owner: App, link: StoredLink) -> None:
    for key in URL_FIELDS:
        url = getattr(link, key)
        problem = url and destination_problem(url, session.settings.public_base, owner.settings.app_schemes)
        if problem:
            raise SettingError(key, problem)


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
    rows = await effective_links(session.database)
    return {row["slug"]: {"slug": row["slug"], "url": _url(session, row["slug"]), **row} for row in rows}


def _url(session: Session, slug: str) -> str:
    return signal_link_url(session.settings.public_base, slug)
