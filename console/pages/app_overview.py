"""`/apps/{app_id}`: one app."""

from starlette.responses import Response

from admin.apps import show_app
from admin.users import Role
from console.call import Call
from console.page import Page


async def show_overview(call: Call) -> Response:
    shown = await show_app(call.session, call.this_app.app_id)
    return call.page("app_overview.html", title="Overview", shown=shown)


PAGES = (Page("/apps/{app_id}", show_overview, Role.VIEWER),)
