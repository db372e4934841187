"""`/`: every app, and whether its money works."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from admin.apps import list_apps
from admin.demo import stored_demo
from admin.results import app_period, results
from admin.users import Role
from console.call import Call
from console.columns import Column
from console.listing import Listing, answer, paging_of
from console.page import Page
from console.report_figures import FIGURES, stars
from console.report_view import RANGES, period_asked
from console.sparkline import sparkline

AT_ONCE: Final = 3
FIGURES_SHOWN = ("spend", "installs", "cpi", "revenue", "roas")
COLUMNS = (
    Column("name", "App", href="href"),
    Column("app_id", "Id", "id"),
    *(FIGURES[name] for name in FIGURES_SHOWN),
    Column("currency", "Currency"),
    Column("zone", "Time zone"),
    Column("first", "From"),
    Column("last", "To"),
)


async def show_apps(call: Call) -> Response:
    apps = await list_apps(call.session)
    paging = paging_of(call, len(apps))
    demo = stored_demo(call.session)
    rows = await _rows(call, apps[paging.offset : paging.offset + paging.size])
    for row in rows:
        row["is_demo"] = demo is not None and row["app_id"] == demo.app_id
    return answer(
        call,
        Listing("apps", COLUMNS, rows, paging),
        "all_apps.html",
        title="All apps",
        ranges=RANGES,
        range_name=rows[0]["range"] if rows else "",
        has_stars=any(name.endswith("_star") for row in rows for name in row),
        new_app_path="/apps/new" if call.leads_to("/apps/new") and call.may(Role.EDITOR) else "",
    )


async def _rows(call: Call, apps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Some at once; the other connections are left to whoever else looks."""
    free = asyncio.Semaphore(AT_ONCE)

    async def row(app: Mapping[str, Any]) -> dict[str, Any]:
        async with free:
            return await _row(call, app)

    return list(await asyncio.gather(*(row(app) for app in apps)))


async def _row(call: Call, app: Mapping[str, Any]) -> dict[str, Any]:
    """In the app's own days and currency."""
    app_id = app["app_id"]
    period = await app_period(call.session, app_id, period_asked(call))
    found = await results(call.session, app_id, period, compared=False)
    values = [row["revenue"] if row else None for _, row in found.over_time]
    return {
        **{name: found.totals[name] for name in FIGURES_SHOWN},
        **stars(found.totals),
        "app_id": app_id,
        "name": app["name"],
        "href": f"/apps/{app_id}",
        "currency": found.currency,
        "zone": period.zone,
        "range": period.name,
        "first": str(period.first),
        "last": str(period.last),
        "line": sparkline(values, period.is_unfinished),
    }


PAGES = (Page("/", show_apps, Role.VIEWER),)
