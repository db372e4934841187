"""What every request of a page passes: who is it, may they, which app is it about. Roles are checked here alone."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.apps import require_app, zone_of
from admin.readiness import LEDGER_AWAY
from admin.refusal import REFUSALS, Refused
from admin.sign_in import drop_notices, signed_in
from console.call import Call, Console, NotThere
from console.cookie import token_in
from console.page import Page
from console.posting import answer_form, typed_in
from console.problems import ledger_away, problem_page
from console.snapshots import with_snapshots

NUL: Final = "\x00"

log = structlog.get_logger()

Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(page: Page) -> Endpoint:
    """The page as Starlette calls it."""

    async def answer(request: Request) -> Response:
        call = Call(request, request.state.console, request.state.console.session)
        try:
            call = await call_of(request)
            _check_words(request)
            if request.method == "POST":
                return await _posted(page, call)
            return await _shown(page, call)
        except NotThere as error:
            return problem_page(call, 404, str(error), error.way_on, error.label)
        except REFUSALS as error:  # of a page that only shows: what the URL asks for cannot be
            return problem_page(call, 400, str(error), request.url.path)
        except LEDGER_AWAY as error:
            log.warning("a page had no ledger", path=request.url.path, error=type(error).__name__)
            nobody = replace(call, user=None)  # the frame of a page asks nothing of the ledger, but says what it knows
            return ledger_away(nobody, await _typed_again(page, request))

    return answer


def _check_words(request: Request) -> None:
    """PostgreSQL has no NUL in a text, so nothing is named by one and nothing can be searched for.

    Raises:
        NotThere: the path has one.
        Refused: the query has.
    """
    if any(NUL in text for text in request.path_params.values()):
        raise NotThere("Nothing has a name with a NUL in it.")
    for name, text in request.query_params.items():
        if NUL in text:
            raise Refused(f"{name.replace(NUL, '')[:20]}: must not hold a NUL")


async def _typed_again(page: Page, request: Request) -> dict[str, str]:
    if request.method != "POST":
        return {}
    typed = await typed_in(request)
    act = page.act(typed.get("_form", ""))
    return {name: text for name, text in typed.items() if act is None or name not in act.form.secret}


async def call_of(request: Request) -> Call:
    """Who asks, before it is known for what."""
    console: Console = request.state.console
    session = replace(console.session, notes=[])
    call = Call(request, console, session)
    token = token_in(request, session.settings, console.seal)
    user = await signed_in(session, token) if token else None
    if user is None:
        return call
    return replace(call, user=user, session=replace(session, actor=f"user:{user.email}"))


async def _shown(page: Page, call: Call) -> Response:
    if page.role is not None and call.user is None:
        return _to_login(call.request)
    if page.role is not None and not call.may(page.role):
        return problem_page(call, 403, f"Your role is {call.me.role}: this page is for an {page.role}. Ask an owner.")
    call = await with_snapshots(page, await _with_app(call))
    response = await page.shows(call)
    if call.user is not None and call.user.notices and response.media_type == "text/html":
        await drop_notices(call.session, call.user.token_hash)
    return response


async def _posted(page: Page, call: Call) -> Response:
    if call.user is not None:
        if page.role is not None and not call.may(page.role):
            return problem_page(call, 403, f"Your role is {call.me.role}: nothing was changed. Ask an owner.")
        call = await with_snapshots(page, await _with_app(call))
    return await answer_form(page, call)


async def _with_app(call: Call) -> Call:
    app_id = call.request.path_params.get("app_id")
    if app_id is None:
        return call
    try:
        app = await require_app(call.session, app_id)
        return replace(call, app=app, zone=await zone_of(call.session, app_id))
    except Refused:
        raise NotThere(f"There is no app {app_id[:60]}.") from None


def _to_login(request: Request) -> Response:
    """And back here afterwards."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/login" if path == "/" else f"/login?next={quote(path, safe='')}", 303)
