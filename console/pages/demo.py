"""`/demo`: what of `up --demo` is here, and its end."""

from starlette.responses import Response

from admin.apps import list_apps
from admin.demo import clear_demo, stored_demo
from admin.users import Role
from console.call import Call
from console.forms import NoFields
from console.page import Act, Done, Page


async def show_demo(call: Call) -> Response:
    demo = stored_demo(call.session)
    apps = {app["app_id"]: app["name"] for app in await list_apps(call.session)} if demo else {}
    return call.page("demo.html", title="Demo", demo=demo, name=apps.get(demo.app_id, demo.app_id) if demo else "")


async def clear(call: Call, form: NoFields) -> Done:  # noqa: ARG001
    await clear_demo(call.session)
    return Done("/", "The demo is gone: its app, link, pixel, ad account and everything that was invented for it.")


PAGES = (Page("/demo", show_demo, Role.VIEWER, (Act("clear", NoFields, clear, Role.OWNER),)),)
