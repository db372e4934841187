"""`/apps/{app_id}`: what the app's ads cost and brought, which campaign to feed, and what needs attention."""

import asyncio

from starlette.responses import Response

from admin.attention import attention
from admin.missing import Missing, missing
from admin.reports import told_rows
from admin.results import asked_of, results
from admin.users import Role
from console.call import Call
from console.charts import draw
from console.listing import answer, format_of
from console.page import Page
from console.report_figures import other_currencies
from console.report_page import campaign_href, in_zone, report_frame
from console.report_rows import report_table
from console.report_view import view_of
from console.result_tiles import result_tiles
from console.trend import trend

ONE_LEVEL = ("campaign",)
_PLACES: dict[str, str] = {"link": "links", "pixel": "pixels", "held": "pixels", "connection": "setup"}


async def show_overview(call: Call) -> Response:
    app_id = call.this_app.app_id
    view = await view_of(call, ONE_LEVEL)
    if view.by != ONE_LEVEL:
        return call.go(view.below(f"/apps/{app_id}/campaigns"))
    found, _ = await told_rows(call.session, asked_of(app_id, view.period, "campaign"))
    table = report_table(call, view, found.rows, found.totals, campaign_href(app_id, view))
    if format_of(call):
        return answer(call, table.listing, "app_overview.html")
    shown, lacking, causes = await asyncio.gather(
        results(call.session, app_id, view.period), missing(call.session, app_id), attention(call.session, app_id)
    )
    numbers = in_zone(call, view.period.zone)
    return call.page(
        "app_overview.html",
        title="Overview",
        **report_frame(call, view),
        table=table,
        results=shown,
        tiles=result_tiles(shown, numbers),
        charts=[(chart, draw(chart)) for chart in trend(shown, numbers)],
        has_numbers=bool(found.rows),
        others=other_currencies(found.totals),
        missing=lacking,
        setup_path=_way_to(call, lacking),
        attention=causes,
    )


def _way_to(call: Call, lacking: Missing | None) -> str:
    """The page where it is mended; the launch page for what has none; empty where neither stands."""
    if lacking is None:
        return ""
    for page in (_PLACES.get(lacking.kind, "setup"), "setup"):
        if call.leads_to(f"/apps/{{app_id}}/{page}"):
            return f"/apps/{call.this_app.app_id}/{page}"
    return ""


PAGES = (Page("/apps/{app_id}", show_overview, Role.VIEWER),)
