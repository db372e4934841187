"""A page as the route table has it: path, who may see it, what it shows, and the forms on it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from admin.users import Role

if TYPE_CHECKING:
    from console.call import Call
    from console.forms import Form

Snapshots = Mapping[tuple[str, str], Mapping[str, str]]
"""(name of the form, its key) -> field -> text, as the record stands that it edits. Of a secret its fingerprint."""


@dataclass(frozen=True, slots=True)
class Done:
    """A form was done: the browser goes on to `to`, where `notice` is said once."""

    to: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A form of a page: its name, what its fields are, what it does and who may."""

    name: str
    form: "type[Form]"
    does: "Callable[[Call, Any], Awaitable[Done | Response]]"
    """Given the form as it was checked. Raises `Refused`: the page is shown again, the reason beside its field."""
    role: Role = Role.EDITOR


@dataclass(frozen=True, slots=True)
class Page:
    path: str
    """With `{app_id}` where it is an app's: `call.app` is that app then, or there is no such page."""
    shows: "Callable[[Call], Awaitable[Response]]"
    """Also after a form was refused: `console.call` fills in what was typed and says why."""
    role: Role | None = Role.VIEWER
    """Who may see it; None = anybody, signed in or not."""
    acts: tuple[Act, ...] = ()
    snapshots: "Callable[[Call], Awaitable[Snapshots]] | None" = None
    """What its forms edit, read anew: a form that was opened before a change is not done (`console/snapshots.py`)."""

    def act(self, name: str) -> Act | None:
        return next((act for act in self.acts if act.name == name), None)
