"""`/health`: what `signalpost doctor` finds, and what waits."""

from importlib.metadata import version

from starlette.responses import Response

from admin.examination import examination
from admin.queues import queues
from admin.users import Role
from console.call import Call
from console.forms import NoFields
from console.page import Act, Page


async def show_health(call: Call, ask_tiktok: bool = False) -> Response:
    found = await examination(call.session.settings, ask_tiktok)
    wrong = [check for check in found["checks"] if not check["ok"]]
    return call.page(
        "health.html",
        title="Health",
        found=found,
        wrong=wrong,
        waiting=await queues(call.session),
        version=version("signalpost"),
        asked_tiktok=ask_tiktok,
    )


async def ask_tiktok(call: Call, form: NoFields) -> Response:  # noqa: ARG001
    return await show_health(call, ask_tiktok=True)


PAGES = (Page("/health", show_health, Role.VIEWER, (Act("ask-tiktok", NoFields, ask_tiktok, Role.VIEWER),)),)
