"""A template and what it shows become a page. Everything shown is escaped."""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from console.cells import cell
from console.command_links import link_of

STATIC: Final = Path(__file__).parent / "static"
LONG_NAME: Final = 16  # what a phone has room for beside two other columns
_COMMAND: Final = re.compile(r"`([^`]+)`")
_JOINT: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[_.-])(?=.)")


_NOBODY: Final[Mapping[str, Any]] = {
    "user": None, "app": None, "notices": (), "typed": {}, "again": {}, "way_on": "", "label": "", "sentences": (),
    "is_demo": False,
}  # fmt: skip


@cache
def static_url(name: str) -> str:
    """Changes with what the file holds, so that browsers may keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def breakable(name: object) -> Markup:
    """A long name that may be broken where its words meet: `Complete<wbr>Registration`."""
    text = str(name)
    return Markup("<wbr>").join(_JOINT.split(text) if len(text) > LONG_NAME else [text])


@pass_context
def with_commands(context: Context, text: object) -> Markup:
    """A sentence with `commands` in it: links where a page that whoever looks may see does the same."""
    parts = _COMMAND.split(str(text))
    return Markup("").join(_command(context, part) if number % 2 else escape(part) for number, part in enumerate(parts))


def _command(context: Context, command: str) -> Markup:
    app, leads_to = context.get("app"), context.get("leads_to")
    link = link_of(command, app.app_id if app else "")
    if link is None or not leads_to or not leads_to(link.path):
        return Markup("<code>{}</code>").format(command)
    return Markup('<a href="{}">{}</a>').format(link.href, link.label)


_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals |= {"static_url": static_url, "cell": cell}
_TEMPLATES.filters |= {"breakable": breakable, "commands": with_commands}


def page(
    template: str, shown: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """With nothing known of who looks: `Call.page` is for everything behind the login."""
    return HTMLResponse(render(template, {**_NOBODY, **shown}), status, headers)


def render(template: str, shown: Mapping[str, Any]) -> str:
    return _TEMPLATES.get_template(template).render(shown)
