"""`/`: every app."""

from starlette.responses import Response

from admin.apps import list_apps
from admin.users import Role
from console.call import Call
from console.listing import Column, Listing, answer
from console.page import Page

COLUMNS = (
    Column("name", "App", href="href"),
    Column("app_id", "Id", "id"),
    Column("links", "Links", "count"),
    Column("pixels", "Pixels", "count"),
    Column("created_at", "Since", "time"),
)


async def show_apps(call: Call) -> Response:
    rows = [{**app, "href": f"/apps/{app['app_id']}"} for app in await list_apps(call.session)]
    return answer(call, Listing("apps", COLUMNS, rows), "all_apps.html", title="All apps")


PAGES = (Page("/", show_apps, Role.VIEWER),)
