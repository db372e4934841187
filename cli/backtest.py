"""`signalpost match backtest`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from backtest.plan import Plan, outcomes
from backtest.runner import Totals
from backtest.summary import Summary
from cli.assignments import parse_assignments
from cli.output import Json, print_json
from cli.refusal import refusals


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
    totals, summary = Totals(), Summary()
    async for outcome in outcomes(plan, totals):
        if as_summary:
            summary.add(outcome)
        else:
            print_json(outcome.answer)
    if as_summary:
        print_json(summary.value(totals))
