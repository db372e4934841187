"""`/apps/new`: an app begins."""

from pydantic import Field
from starlette.responses import Response

from admin.apps import create_app
from admin.users import Role
from console.call import Call
from console.forms import Form
from console.page import Act, Page


class NewAppForm(Form):
    name: str = Field(min_length=1, max_length=200)
    ios_app_id: str = Field("", max_length=200)
    android_package: str = Field("", max_length=300)
    fallback_url: str = Field("", max_length=2000)
    timezone: str = Field("", max_length=100)
    currency: str = Field("", max_length=10)


async def show_new_app(call: Call) -> Response:
    return call.page("new_app.html", title="New app", made=None)


async def create(call: Call, form: NewAppForm) -> Response:
    """The API key stands on this one page."""
    given = {name: text for name, text in form.model_dump(exclude={"name"}).items() if text}
    made = await create_app(call.session, form.name, given)
    return call.page("new_app.html", title=form.name, made=made)


PAGES = (Page("/apps/new", show_new_app, Role.EDITOR, (Act("create", NewAppForm, create),)),)
