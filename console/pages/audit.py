"""`/audit`: who changed what, and when."""

from starlette.responses import Response

from admin.apps import list_apps
from admin.audit_log import AuditFilter, changes, count_changes, difference
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
    return AuditFilter(
        app_id=call.asked("app"),
        actor=call.asked("actor"),
        act=call.asked("act"),
        since=call.time_asked("since"),
        until=call.time_asked("until"),
    )


PAGES = (Page("/audit", show_audit, Role.VIEWER),)
