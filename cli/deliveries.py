"""`signalpost delivery`: the postback log, and sending dead deliveries again."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from admin.deliveries import (
    DeliveryFilter,
    DeliveryPage,
    check_filter,
    delivery_page,
    delivery_record,
    replay_dead,
    replay_deliveries,
)
from admin.session import Session
from admin.times import parse_time
from cli.output import Json, print_items, print_json, print_record, print_table
from cli.session import run
from cli.test_mode import print_banners

app = typer.Typer(no_args_is_help=True, help="Deliveries: list, show, replay.")

COLUMNS = (
    "delivery_id", "state", "source_event", "target_event", "install_id", "attempts", "last_code", "last_message",
    "reason", "next_attempt_at", "delivered_at",
)  # fmt: skip
LOG_COLUMNS = ("at", "outcome", "status", "code", "message", "meaning", "remedy", "request_id", "ms", "batch_rows")
MAX_LISTED = 10_000

AppId = Annotated[str, typer.Option("--app", help="Only this app's.")]
PixelId = Annotated[str, typer.Option("--pixel", help="Only this pixel's.")]
Event = Annotated[str, typer.Option("--event", help="Only this event: the app's name of it, or TikTok's.")]
Until = Annotated[str, typer.Option(help="Made before this time, or 2h for two hours ago.")]


@app.command("list")
def list_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    state: Annotated[str, typer.Option(help="due sending delivered held suppressed skipped dead")] = "",
    app_id: AppId = "",
    pixel_id: PixelId = "",
    event: Event = "",
    since: Annotated[str, typer.Option(help="Made since this time, or 24h for a day ago.")] = "",
    until: Until = "",
    limit: Annotated[int, typer.Option(min=1, max=MAX_LISTED, help="How many.")] = 50,
    after: Annotated[str, typer.Option(help="The `next` of the list before.")] = "",
    as_json: Json = False,
) -> None:
    """List deliveries, newest first."""

    async def page(session: Session) -> DeliveryPage:
        wanted = replace(_filter(app_id, pixel_id, event, since, until), state=state or None)
        await check_filter(session, wanted)
        await print_banners(session, app_id)
        return await delivery_page(session, wanted, limit, after)

    found = run(page)
    print_items([asdict(item) for item in found.items], as_json, COLUMNS, found.next)


def _filter(app_id: str, pixel_id: str, event: str, since: str, until: str) -> DeliveryFilter:
    now = datetime.now(UTC)
    return DeliveryFilter(
        app_id=app_id or None,
        pixel_id=pixel_id or None,
        event=event or None,
        since=parse_time("since", since, now) if since else None,
        until=parse_time("until", until, now) if until else None,
    )


@app.command("show")
def show_command(
    delivery_id: Annotated[str, typer.Argument(metavar="ID", help="The delivery's id.")], as_json: Json = False
) -> None:
    """Show a delivery: what was sent, without what must not be read back, every answer, and what it means."""

    async def show(session: Session) -> dict[str, Any]:
        found = await delivery_record(session, delivery_id)
        await print_banners(session, found["app_id"])
        return found

    shown = run(show)
    if as_json:
        print_json(shown)
        return
    payload, log = shown.pop("payload"), shown.pop("log")
    print_record(shown, as_json)
    typer.echo(f"payload {msgspec.json.format(msgspec.json.encode(payload), indent=2).decode()}")
    print_table(log, LOG_COLUMNS)


@app.command("replay")
def replay_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    delivery_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Deliveries by id.")] = None,
    state: Annotated[str, typer.Option(help="`dead`: all that are dead, with --since.")] = "",
    since: Annotated[str, typer.Option(help="With --state dead: made since this time, or 24h for a day ago.")] = "",
    until: Until = "",
    app_id: AppId = "",
    pixel_id: PixelId = "",
    event: Event = "",
    force: Annotated[bool, typer.Option("--force", help="Also what TikTok may count twice.")] = False,
    as_json: Json = False,
) -> None:
    """Send dead deliveries again, with the event_id they always had."""
    if bool(delivery_ids) == bool(state) or bool(state) != bool(since):
        raise typer.BadParameter("give either ids, or --state dead with --since")
    if state not in ("", "dead"):
        raise typer.BadParameter("--state: only `dead` deliveries are replayed")

    async def again(session: Session) -> dict[str, Any]:
        wanted = _filter(app_id, pixel_id, event, since, until)
        if delivery_ids:
            return await replay_deliveries(session, delivery_ids, force)
        return await replay_dead(session, wanted, force)

    done = run(again)
    if as_json:
        print_json(done)
    else:
        typer.echo(f"{len(done['replayed'])} due again")
    for refused in done["refused"]:
        typer.echo(f"{refused['delivery_id']}: {refused['reason']}", err=True)
    if done["refused"] and not done["replayed"]:
        raise typer.Exit(1)
