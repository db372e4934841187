"""`signalpost tiktok sync` and `check`: what ads cost, and whether campaigns can use the app's events."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from admin.session import Session
from admin.spend import DayRange, Shown, check_app, sync_spend
from admin.times import parse_day
from cli.output import Json, print_items, print_record
from cli.session import run

AppId = Annotated[str, typer.Option("--app", help="The app.")]
WARNING_COLUMNS = ("code", "level", "entity_id", "name", "message", "fix")
SHOW_FROM_DAYS = 31  # a span of days that TikTok answers at once needs no bar


def sync_command(
    app_id: AppId,
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD, in the ad account's time zone.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day, inclusive.")] = "",
    as_json: Json = False,
) -> None:
    """Read campaigns, ads and spend from TikTok now. Without days: those that the worker reads each hour."""

    async def sync(session: Session) -> dict[str, Any]:
        asked = DayRange(parse_day("from", first), parse_day("to", last))
        with _progress() as shown:
            return await sync_spend(session, app_id, asked, shown)

    print_record(run(sync), as_json)


def check_command(app_id: AppId, as_json: Json = False) -> None:
    """Warn where a campaign, ad group or ad cannot use what the app sends, by what was last read of it."""
    print_items(run(lambda session: check_app(session, app_id)), as_json, WARNING_COLUMNS)


@contextmanager
def _progress() -> Iterator[Shown]:
    """A bar on a terminal, on stderr: stdout is the answer's."""
    from rich.console import Console  # noqa: PLC0415 - loads slowly, and most commands need none of it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(file=sys.stderr)
    columns = TextColumn("days of spend"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("days", total=None, visible=False)

        def shown(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=total >= SHOW_FROM_DAYS)

        yield shown
