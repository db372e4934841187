"""`/apps/{app_id}/quality`: can the numbers be believed?"""

from starlette.responses import Response

from admin.quality import quality
from admin.refusal import Refused
from admin.users import Role
from console import quality_tables
from console.call import Call
from console.charts import draw
from console.listing import answer, format_of
from console.page import Page
from console.report_page import in_zone, report_frame
from console.report_view import view_of

COHORTS_BY = ("day", "campaign", "adgroup", "ad", "creative", "platform", "link")


async def show_quality(call: Call) -> Response:
    view = await view_of(call, ("day",))
    found = await quality(call.session, call.this_app.app_id, view.period, ",".join(view.by))
    tables = {
        "methods": quality_tables.methods(found.methods),
        "signals": quality_tables.signals(found.signals),
        "set_aside": quality_tables.set_aside(found.signals),
        "cohorts": quality_tables.cohorts(found.cohorts, view.by),
        "discrepancies": quality_tables.discrepancies(found.discrepancies),
    }
    if format_of(call):
        wanted = call.asked("table", "cohorts")
        if wanted not in tables:
            raise Refused(f"table: must be one of {', '.join(tables)}, not {wanted[:20]!r}")
        return answer(call, quality_tables.as_file(tables[wanted]), "quality.html")
    numbers = in_zone(call, view.period.zone)
    charts = quality_tables.probabilities(found.methods, numbers), quality_tables.reliability(found, numbers)
    drawn = [(chart, draw(chart)) if chart else None for chart in charts]
    shown = {"probabilities": drawn[0], "reliability": drawn[1], "warnings": found.cohorts["warnings"]}
    tables["methods"] = quality_tables.in_words(tables["methods"])
    frame = {**report_frame(call, view), **tables, **shown, "cohorts_by": COHORTS_BY}
    return call.page("quality.html", title="Quality", found=found, **frame)


PAGES = (Page("/apps/{app_id}/quality", show_quality, Role.VIEWER),)
