"""`signalpost match backtest`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from cli.apps import require_app
from cli.assignments import parse_assignments
from cli.backtest.asked import asked_by
from cli.backtest.feed_process import Source, feed_process
from cli.backtest.lines import read_installs
from cli.backtest.policy import policies_of, tried_settings
from cli.backtest.runner import Backtest, Outcome, Totals
from cli.backtest.scratch import scratch_redis
from cli.backtest.summary import Summary
from cli.output import Json, print_json
from cli.refusal import refusals
from cli.session import open_session
from ledger.apps import AppSettings
from ledger.links import all_links

APP = "backtest"  # whose clicks and installs those are that name no app


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a backtest is to be run on, and how."""

    clicks: Path
    installs: Path
    policy: dict[str, str] = {}
    """App settings to try instead of the app's own."""
    app_id: str = ""
    """Whose settings and links; '' = the settings as they ship, and no ledger is asked."""
    redis_url: str = ""
    """An empty database to work in; '' = one is started."""


def backtest_command(  # noqa: PLR0913, PLR0917 - one parameter per option of the command
    clicks: Annotated[Path, typer.Option(help="NDJSON of visits, ordered by time.")],
    installs: Annotated[Path, typer.Option(help="NDJSON of bodies of POST /v1/installs, ordered by time.")],
    summary: Annotated[bool, typer.Option("--summary", help="Print totals instead of every install.")] = False,
    policy: Annotated[list[str] | None, typer.Option(help="Try another app setting; may be repeated.")] = None,
    app_id: Annotated[str, typer.Option("--app", help="Start from this app's settings, and know its links.")] = "",
    redis: Annotated[str, typer.Option(help="URL of an empty Redis to use instead of one started for the run.")] = "",
    as_json: Json = False,  # noqa: ARG001 - every line is JSON anyway
) -> None:
    """Run the matcher over recorded clicks and installs: one JSON line per install."""
    with refusals():
        plan = Plan(
            clicks=clicks,
            installs=installs,
            policy=parse_assignments(policy or (), "match_window_hours=6"),
            app_id=app_id,
            redis_url=redis,
        )
        asyncio.run(_print(plan, summary))


async def _print(plan: Plan, as_summary: bool) -> None:
    totals, summary, encode = Totals(), Summary(), msgspec.json.Encoder().encode
    async for outcome in outcomes(plan, totals):
        if as_summary:
            summary.add(outcome)
        else:
            sys.stdout.write(encode(outcome.answer).decode() + "\n")
    if as_summary:
        print_json(summary.value(totals))


async def outcomes(plan: Plan, totals: Totals) -> AsyncIterator[Outcome]:
    """The outcome of every install of the plan's files.

    Raises:
        Refused: a file or a line cannot be read, there is no such app, or the scratch Redis does not answer.
        SettingError: the policy cannot be.
    """
    settings, apps_of_links = await _known(plan.app_id)
    policies = policies_of(tried_settings(settings, plan.policy))
    app_id = plan.app_id or APP
    async with scratch_redis(plan.redis_url) as (redis, redis_url):
        # what is no file, such as a pipe, can be read once only
        asked = asked_by(plan.installs) if plan.installs.is_file() else None
        source = Source(plan.clicks, redis_url, app_id, apps_of_links, asked)
        async with feed_process(source) as feed:
            async for outcome in Backtest(redis, feed, policies, totals).run(read_installs(plan.installs, app_id)):
                yield outcome


async def _known(app_id: str) -> tuple[AppSettings, dict[str, str]]:
    """The app's settings, and which app each Signal link belongs to."""
    if not app_id:
        return AppSettings(), {}
    async with open_session() as session:
        app = await require_app(session, app_id)
        links = await all_links(session.database)
    return app.settings, {link.slug: link.app_id for link in links}
