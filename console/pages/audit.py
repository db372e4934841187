"""`/audit`: who changed what, and when."""

from datetime import UTC, datetime

from starlette.responses import Response

from admin.apps import list_apps
from admin.audit_log import AuditFilter, changes, count_changes, difference
from admin.times import parse_time
from admin.users import Role
from console.call import Call
from console.columns import Column
from console.listing import Listing, answer, paging_of
from console.page import Page

COLUMNS = (
    Column("at", "When", "time"),
    Column("actor", "Who"),
    Column("act", "Did", "code"),
    Column("subject", "To"),
    Column("app_id", "App", "id"),
    Column("before", "Before"),
    Column("after", "After"),
)
NOUNS = ("app", "link", "pixel", "mapping", "delivery", "user", "tiktok", "erase")


async def show_audit(call: Call) -> Response:
    wanted = _wanted(call)
    paging = paging_of(call, await count_changes(call.session, wanted))
    rows = await changes(call.session, wanted, paging.size, paging.offset)
    listing = Listing("audit", COLUMNS, rows, paging)
    apps = {app["app_id"]: app["name"] for app in await list_apps(call.session)}
    return answer(call, listing, "audit.html", title="Audit log", apps=apps, nouns=NOUNS, difference=difference)


def _wanted(call: Call) -> AuditFilter:
    since, until = call.asked("since"), call.asked("until")
    return AuditFilter(
        app_id=call.asked("app"),
        actor=call.asked("actor"),
        act=call.asked("act"),
        since=parse_time("since", since, datetime.now(UTC)) if since else None,
        until=parse_time("until", until, datetime.now(UTC)) if until else None,
    )


PAGES = (Page("/audit", show_audit, Role.VIEWER),)
