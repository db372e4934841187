"""A form that was sent: checked, done once, or shown again with what was typed and the reason."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from admin.refusal import REFUSALS, Refused
from admin.sent_forms import AlreadySent, begin_form, end_form, give_back_form
from admin.sign_in import TooManyTries, keep_notices
from console.call import Call, NotThere
from console.forms import Form, FormErrors, Posted, read_form, refused
from console.origin import is_from_us
from console.page import Act, Done, Page
from console.problems import kept_page, no_such_form, sign_in_again
from console.snapshots import Stale, guarded, untouched_as_now

MAX_FORM_BYTES: Final = 1_000_000
FROM_ELSEWHERE: Final = (
    "This form was sent by another site. Nothing was changed. Look at what stands here; send it if you meant it."
)
OLD_PAGE: Final = (
    "This page was opened before you signed in the last time, or by somebody else. Nothing was changed; what "
    "was typed is still here. Send it again."
)
SHOWN_AGAIN: Final = "You are signed in again. Nothing was sent yet: look at what you typed and send it."
SENT_BEFORE: Final = "This form was sent before, and done once. Nothing was done a second time."
IN_WORK: Final = "This form was sent before and is still being done. Look in a moment what became of it."
STALE: Final = (
    "This was changed after you opened the page. Nothing was changed now, and what you typed is kept; fields that you "
    "left alone show what stands there now. Send it again to put yours in its place."
)
NOT_SAID: Final = (
    "This form does not say what it was opened with. Nothing was changed, and what you typed is kept. Look at what "
    "stands here and send it again."
)

log = structlog.get_logger()


async def typed_in(request: Request) -> dict[str, str]:
    """Field -> text; of several with one name, all in one text, a line each. Files are no text.

    Raises:
        HTTPException: 400 or 413, it cannot be read.
    """
    if int(request.headers.get("content-length", "0")) > MAX_FORM_BYTES:
        raise HTTPException(413)
    typed: dict[str, str] = {}
    try:
        async with request.form(max_files=0) as form:
            for name, value in form.multi_items():
                if isinstance(value, str):
                    text = value.replace("\r\n", "\n").replace("\x00", "")
                    typed[name] = f"{typed[name]}\n{text}" if name in typed else text
    except ClientDisconnect:
        raise HTTPException(400) from None
    return typed


async def answer_form(page: Page, call: Call) -> Response:
    """Do the form, or show its page again."""
    typed = await typed_in(call.request)
    act = page.act(typed.get("_form", "")) or (page.acts[0] if len(page.acts) == 1 and "_form" not in typed else None)
    if act is None:
        return no_such_form(call)
    if page.role is not None and call.user is None:
        return sign_in_again(call, _without_secrets(act.form, typed))
    problem = _not_from_this_page(page, call, typed)
    if problem:
        return await show_again(page, call, _posted(act, typed, problem=problem, status=403))
    if "_show" in typed:
        return await show_again(page, call, _posted(act, typed, problem=SHOWN_AGAIN, status=200))
    if page.role is not None and not call.may(act.role):
        problem = f"Your role is {call.me.role}: only an {act.role} may do this. Nothing was changed; ask an owner."
        return await show_again(page, call, _posted(act, typed, problem=problem, status=403))
    return await _checked(page, act, call, typed)


def _not_from_this_page(page: Page, call: Call, typed: Mapping[str, str]) -> str:
    """Why it may be somebody else's doing. A form that is for anybody, such as the login, has no session to be bound
    to: there the browser's own word of where it came from has to do.
    """
    if not is_from_us(call.request, call.session.settings):
        return FROM_ELSEWHERE
    if page.role is not None and _form_id(call, typed) is None:
        return OLD_PAGE
    return ""


def _form_id(call: Call, typed: Mapping[str, str]) -> str | None:
    return call.console.seal.form_id(call.me.token_hash, typed.get("_token", ""))


async def _checked(page: Page, act: Act, call: Call, typed: Mapping[str, str]) -> Response:
    try:
        form = read_form(act.form, typed)
    except FormErrors as error:
        return await show_again(page, call, _posted(act, typed, errors=error.errors))
    try:
        return await _done(page, act, call, (typed, form))
    except Stale as stale:
        kept = untouched_as_now(typed, stale)
        problem = STALE if stale.differences else NOT_SAID
        posted = _posted(act, kept, problem=problem, status=409, is_stale=True, differences=stale.differences)
        return await show_again(page, replace(call, snapshots=stale.snapshots), posted)
    except TooManyTries as error:
        errors, problem = refused(act.form, error)
        call.headers["Retry-After"] = "60"
        return await show_again(page, call, _posted(act, typed, errors=errors, problem=problem, status=429))
    except FormErrors as error:
        return await show_again(page, call, _posted(act, typed, errors=error.errors))
    except REFUSALS as error:
        errors, problem = refused(act.form, error if isinstance(error, Refused) else Refused(str(error)))
        return await show_again(page, call, _posted(act, typed, errors=errors, problem=problem))


async def _done(page: Page, act: Act, call: Call, sent: tuple[Mapping[str, str], Form]) -> Response:
    """Once: the second of two equal forms is answered with where the first one led."""
    typed, form = sent
    if page.role is None:
        return await _answered(call, await act.does(call, form))
    form_id = _form_id(call, typed) or ""
    mine = (call.me.token_hash, form_id)
    try:
        await begin_form(call.session, *mine, datetime.now(UTC))
    except AlreadySent as before:
        if before.led_to is None:
            return await show_again(page, call, _posted(act, typed, problem=IN_WORK, status=409))
        return await _answered(call, Done(before.led_to or call.request.url.path, SENT_BEFORE))
    try:
        result = await act.does(await guarded(page, act, call, typed), form)
    except BaseException:
        await give_back_form(call.session, *mine)  # acts are transactions: it changed nothing, and may be sent again
        raise
    await end_form(call.session, *mine, result.to if isinstance(result, Done) else "")
    return await _answered(call, result)


async def _answered(call: Call, result: Done | Response) -> Response:
    if not isinstance(result, Done):
        return result
    notices = [text for text in (result.notice, *call.session.notes) if text]
    if notices and call.user is not None:
        await keep_notices(call.session, call.user.token_hash, notices)
    return call.go(result.to)


async def show_again(page: Page, call: Call, posted: Posted) -> Response:
    """The page with the form as it was sent; where the page cannot be shown, what was typed alone."""
    try:
        return await page.shows(call.showing(posted))
    except NotThere as error:
        return kept_page(call, str(error), error.way_on, posted)


def _posted(act: Act, typed: Mapping[str, str], **more: object) -> Posted:
    key = typed.get("_key", "")
    return Posted(act.name, _without_secrets(act.form, typed), key, **more)  # type: ignore[arg-type]


def _without_secrets(form: type[Form], typed: Mapping[str, str]) -> dict[str, str]:
    marks = ("_token", "_show")
    return {name: text for name, text in typed.items() if name not in form.secret and name not in marks}
