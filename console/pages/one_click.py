"""`/apps/{app_id}/clicks/{id}`: what is stored of one click, and the install it brought."""

from typing import Any

from pydantic import Field
from starlette.responses import Response

from admin.clicks import app_click
from admin.erasure import erase_one_click
from admin.refusal import Refused
from admin.users import Role
from console.call import Call, NotThere
from console.erasing import check_typed, what_went
from console.forms import Form
from console.page import Act, Done, Page


class EraseForm(Form):
    typed: str = Field("", max_length=20)


async def show_click(call: Call) -> Response:
    return call.page("one_click.html", title="Click", click=await _record(call))


async def erase(call: Call, form: EraseForm) -> Done:
    check_typed(form.typed)
    await _record(call)
    gone = await erase_one_click(call.session, call.this_app.app_id, call.named("click_id"))
    return Done(f"/apps/{call.this_app.app_id}/installs", what_went(gone))


async def _record(call: Call) -> dict[str, Any]:
    click_id = call.named("click_id")
    try:
        return await app_click(call.session, call.this_app.app_id, click_id, whole=call.may(Role.EDITOR))
    except Refused as error:
        back = f"/apps/{call.this_app.app_id}/installs"
        raise NotThere(str(error).partition(": ")[2] + ".", back, "Show installs") from None


PAGES = (
    Page("/apps/{app_id}/clicks/{click_id}", show_click, Role.VIEWER, (Act("erase", EraseForm, erase, Role.OWNER),)),
)
