"""`/account`: one's own password and sessions."""

from pydantic import Field
from starlette.responses import Response

from admin.sign_in import end_other_sessions, end_own_session, own_password, own_sessions
from admin.users import Role, set_password
from console.call import Call
from console.forms import Form, FormErrors, NoFields, Verbatim
from console.page import Act, Done, Page


class PasswordForm(Form):
    secret = frozenset({"present", "password"})

    present: Verbatim = Field(min_length=1, max_length=1000)
    password: Verbatim = Field(min_length=1, max_length=1000)


class SessionForm(Form):
    session: str = Field(pattern=r"^[0-9a-f]{64}$")


async def show_account(call: Call) -> Response:
    sessions = await own_sessions(call.session, call.me.user_id)
    return call.page("account.html", title="Your account", sessions=sessions)


async def change_password(call: Call, form: PasswordForm) -> Done:
    if not await call.console.throttle.allows(f"account:{call.me.email}"):
        raise FormErrors({"present": "that was the fifth try within a minute; wait a minute"})
    if not await own_password(call.session, call.me.email, form.present):
        raise FormErrors({"present": "is not your password"})
    await call.console.throttle.forgive(f"account:{call.me.email}")
    await set_password(call.session, call.me.email, form.password, call.me.token_hash)
    return Done("/account", "Your password is changed. Your other sessions have ended.")


async def end_one(call: Call, form: SessionForm) -> Done:
    await end_own_session(call.session, call.me.user_id, bytes.fromhex(form.session))
    return Done("/account", "The session has ended.")


async def end_others(call: Call, form: NoFields) -> Done:  # noqa: ARG001
    await end_other_sessions(call.session, call.me.user_id, call.me.token_hash)
    return Done("/account", "Your other sessions have ended.")


PAGES = (
    Page(
        "/account",
        show_account,
        Role.VIEWER,
        (
            Act("password", PasswordForm, change_password, Role.VIEWER),
            Act("end", SessionForm, end_one, Role.VIEWER),
            Act("end-others", NoFields, end_others, Role.VIEWER),
        ),
    ),
)
