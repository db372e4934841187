"""`/login` and `/logout`: the session begins and ends."""

from pydantic import Field
from starlette.responses import Response

from admin.sign_in import UserSession, caller_address, end_own_session, sign_in, signed_in
from admin.users import Role
from console.call import Call
from console.cookie import give_cookie, take_cookie, token_in
from console.forms import MARKS, Form, NoFields, Verbatim
from console.origin import cookie_name, local_path
from console.page import Act, Page


class LoginForm(Form):
    secret = frozenset({"password"})

    email: str = Field(min_length=1, max_length=254)
    password: Verbatim = Field(min_length=1, max_length=1000)
    next: str = Field("/", max_length=2000)
    kept: str = Field("", max_length=2_000_000)


async def show_login(call: Call) -> Response:
    values = call.posted.values if call.posted else {}
    return call.page(
        "login.html",
        title="Sign in",
        next=values.get("next") or local_path(call.asked("next", "/")),
        kept=values.get("kept", ""),
        cannot_work=cookie_name(call.request, call.session.settings) is None,
        signed_out=call.asked("out") == "yes",
    )


async def log_in(call: Call, form: LoginForm) -> Response:
    name = cookie_name(call.request, call.session.settings)
    if name is None:
        return await show_login(call)  # it says why
    address, browser = whence(call)
    token = await sign_in(call.session, call.console.throttle, (form.email, form.password), browser, address)
    await end_present(call)
    response = await _where_to(call, form, token)
    give_cookie(response, name, call.console.seal.cookie(token))
    return response


async def _where_to(call: Call, form: LoginForm, token: str) -> Response:
    """Where they wanted to go; a form that was cut off by the end of its session is shown once more first."""
    kept = call.console.seal.kept(form.kept) if form.kept else None
    user = await signed_in(call.session, token)
    if kept is None or user is None:
        return call.go(local_path(form.next))
    values = {name: text for name, text in kept.items() if name not in ("_to", "_token")}
    plain = {name: text for name, text in values.items() if name not in MARKS}
    hidden = {**values, "_token": call.console.seal.form_token(user.token_hash), "_show": "yes"}
    to = local_path(kept["_to"])
    return call.page("signed_in_again.html", title="You are signed in again", to=to, hidden=hidden, typed=plain)


async def show_logout(call: Call) -> Response:
    return call.page("logout.html", title="Sign out")


async def log_out(call: Call, form: NoFields) -> Response:  # noqa: ARG001
    await end_present(call)
    response = call.go("/login?out=yes")
    name = cookie_name(call.request, call.session.settings)
    if name is not None:
        take_cookie(response, name)
    return response


async def end_present(call: Call) -> None:
    """The session this browser had: nothing of it lives on in the next."""
    token = token_in(call.request, call.session.settings, call.console.seal)
    present: UserSession | None = await signed_in(call.session, token) if token else None
    if present is not None:
        await end_own_session(call.session, present.user_id, present.token_hash)


def whence(call: Call) -> tuple[str, str]:
    """(address, user agent) of whoever asks."""
    request = call.request
    peer = request.client.host if request.client else ""
    forwarded = ", ".join(request.headers.getlist("x-forwarded-for")) or None
    return caller_address(call.session.settings, peer, forwarded), request.headers.get("user-agent", "")


PAGES = (
    Page("/login", show_login, None, (Act("login", LoginForm, log_in),)),
    Page("/logout", show_logout, Role.VIEWER, (Act("logout", NoFields, log_out, Role.VIEWER),)),
)
