"""`GET /portal/auth`: where an advertiser lets an app in, or does not.

It is a page with buttons, not a bare redirect, because a browser treats a session cookie differently after the two.
`&decision=allow` or `cancel` in the address answers at once, for tests; `&account=` chooses who logs in.
"""

from html import escape
from urllib.parse import urlencode, urlsplit, urlunsplit

from sandbox.accounts.grants import DeveloperApp
from sandbox.accounts.parameters import Parameters
from sandbox.calls import HTML, Answer, Call
from sandbox.memory import Memory

_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>TikTok sandbox</title></head>
<body>
<h1>Let app {app_id} in?</h1>
<p>This is the sandbox's stand-in for TikTok's login. Nothing leaves this machine.</p>
<form action="/portal/auth" method="get">
<input type="hidden" name="app_id" value="{app_id}">
<input type="hidden" name="state" value="{state}">
<input type="hidden" name="redirect_uri" value="{redirect_uri}">
<p><label>Log in as <select name="account">{accounts}</select></label></p>
<p><button name="decision" value="allow">Allow</button> <button name="decision" value="cancel">Cancel</button></p>
</form>
</body>
</html>
"""
_PROBLEM = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>TikTok sandbox</title></head>
<body><h1>The app cannot be let in</h1><p>{problem}</p></body></html>
"""
_NOBODY = "account"


def portal(call: Call, memory: Memory) -> Answer:
    """The page; with a decision the way back, or what is wrong with the address."""
    parameters = Parameters(call)
    app = memory.grants.app(parameters.text("app_id"))
    redirect_uri = parameters.text("redirect_uri")
    problem = _problem(app, redirect_uri)
    if app is None or problem:
        return Answer(_PROBLEM.format(problem=escape(problem)).encode(), status=400, content_type=HTML)
    decision = parameters.text("decision")
    state = parameters.text("state")
    if decision == "allow":
        account_id = parameters.text("account") or _accounts(memory)[0][0]
        code = memory.grants.new_code(app, account_id, call.received_at)
        # both names carry the code (DOC)
        return _back(redirect_uri, {"auth_code": code, "code": code, "state": state})
    if decision == "cancel":
        # *invented*: what TikTok adds when someone cancels was not found; these are the names of RFC 6749
        return _back(redirect_uri, {"error": "access_denied", "error_description": "User cancelled", "state": state})
    options = "".join(
        f'<option value="{escape(account_id)}">{escape(name)}</option>' for account_id, name in _accounts(memory)
    )
    page = _PAGE.format(
        app_id=escape(app.app_id), state=escape(state), redirect_uri=escape(redirect_uri), accounts=options
    )
    return Answer(page.encode(), content_type=HTML)


def _problem(app: DeveloperApp | None, redirect_uri: str) -> str:
    if app is None:
        return "No developer app has this app_id: an account of POST /_sandbox/accounts may bring one."
    parts = urlsplit(redirect_uri)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return "redirect_uri is not an absolute http or https URL."
    if app.redirect_urls and redirect_uri not in app.redirect_urls:
        return "redirect_uri is none of the app's redirect URLs: they are compared to the letter."
    return ""


def _accounts(memory: Memory) -> list[tuple[str, str]]:
    """Who can log in: id and name. With no account loaded somebody without any advertiser can."""
    loaded = [(account.account_id, account.display_name) for account in memory.accounts.accounts()]
    return loaded or [(_NOBODY, "Somebody without an ad account")]


def _back(redirect_uri: str, added: dict[str, str]) -> Answer:
    parts = urlsplit(redirect_uri)
    query = "&".join(filter(None, (parts.query, urlencode(added))))
    location = urlunsplit(parts._replace(query=query, fragment=""))
    return Answer(b"", status=302, content_type=HTML, headers=((b"location", location.encode()),))
