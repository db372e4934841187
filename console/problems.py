"""Pages for what went wrong: what happened, what was kept, and the way on."""

from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from console.call import Call
from console.forms import MARKS, Posted

_TITLES: Final = {
    400: "This request could not be read",
    403: "Not for your role",
    404: "There is nothing here",
    405: "This page takes no such request",
    413: "That is too much at once",
    500: "Something went wrong",
    503: "The ledger does not answer",
}
_SENTENCES: Final = {
    400: "Nothing was changed. Go back and send it again.",
    404: "The address may have been cut, or what it named was removed.",
    413: "A form holds at most a megabyte. Nothing was changed: go back, what you typed is still there.",
    500: "This is a fault of the console; it was logged. Look whether what you did last was done before you repeat it.",
    503: "PostgreSQL is away or stuck. Nothing was changed; clicks are still being taken. Try again in a moment.",
}


def problem_page(call: Call, status: int, sentence: str = "", way_on: str = "/", label: str = "") -> Response:
    shown = {"title": _TITLES.get(status, "Something went wrong"), "way_on": way_on, "label": label}
    sentences = [sentence or _SENTENCES.get(status, "")]
    return call.page("problem.html", status, sentences=sentences, typed={}, again={}, **shown)


def http_problem(call: Call, error: HTTPException) -> Response:
    response = problem_page(call, error.status_code)
    response.headers.update(error.headers or {})
    return response


def kept_page(call: Call, sentence: str, way_on: str, posted: Posted) -> Response:
    """The form's own page is gone: what was typed stands here, to be copied."""
    status = 403 if posted.status == 403 else 404  # who may not do it is told so, whatever is gone
    sentences = [posted.problem] if status == 403 else [sentence, "Nothing was changed."]
    shown = {"title": _TITLES[status], "way_on": way_on, "label": "", "sentences": sentences}
    return call.page("problem.html", status, typed=_plain(posted.values), again={}, **shown)


def ledger_away(call: Call, typed: Mapping[str, str]) -> Response:
    """What was typed can be sent again from here, once the ledger is back."""
    shown = {"title": _TITLES[503], "way_on": "" if typed else call.request.url.path, "label": "Try again"}
    response = call.page("problem.html", 503, sentences=[_SENTENCES[503]], typed=_plain(typed), again=typed, **shown)
    response.headers["Retry-After"] = "5"
    return response


def no_such_form(call: Call) -> Response:
    sentence = "This page has no such form: it may have changed since you opened it. Nothing was changed."
    return problem_page(call, 400, sentence, call.request.url.path)


def sign_in_again(call: Call, typed: Mapping[str, str]) -> Response:
    """The session has ended: what was typed goes through the login page, sealed."""
    path = call.request.url.path + (f"?{call.request.url.query}" if call.request.url.query else "")
    kept = call.console.seal.keep({**typed, "_to": path})
    return call.page("login.html", 401, title="Sign in", next=path, kept=kept, cannot_work=False, signed_out=False)


def _plain(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if name not in MARKS}
