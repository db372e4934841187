"""`/setup?token=`: whoever holds the address that the first `up` printed becomes the first owner."""

from pydantic import Field
from starlette.responses import Response

from admin.sign_in import sign_in_as
from admin.users import first_owner, is_setup_token
from console.call import Call
from console.cookie import give_cookie
from console.forms import Form, Verbatim
from console.origin import cookie_name
from console.page import Act, Page
from console.pages.login import whence


class SetupForm(Form):
    secret = frozenset({"password"})

    token: str = Field("", max_length=200)
    email: str = Field(min_length=1, max_length=254)
    password: Verbatim = Field(min_length=1, max_length=1000)


async def show_setup(call: Call) -> Response:
    token = call.posted.values.get("token", "") if call.posted else ""
    token = token or call.asked("token")
    is_valid = await is_setup_token(call.session, token)
    return call.page(
        "first_owner.html",
        status=0 if is_valid else 410,
        title="Create the first account" if is_valid else "This set-up link does not work",
        token=token,
        is_valid=is_valid,
        cannot_work=cookie_name(call.request, call.session.settings) is None,
    )


async def set_up(call: Call, form: SetupForm) -> Response:
    owner = await first_owner(call.session, form.token or call.asked("token"), form.email, form.password)
    name = cookie_name(call.request, call.session.settings)
    if name is None:
        return call.go("/login")  # it says why no session can begin here
    address, browser = whence(call)
    token = await sign_in_as(call.session, owner["email"], browser, address)
    response = call.go("/")
    give_cookie(response, name, call.console.seal.cookie(token))
    return response


PAGES = (Page("/setup", show_setup, None, (Act("setup", SetupForm, set_up),)),)
