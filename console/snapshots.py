"""A form that was opened before somebody else changed its record: told apart here, for every form that edits one.

Each such form carries a snapshot of what it was opened with. It is done only while that still stands, which is asked
before the act and once more within its transaction.
"""

from collections.abc import Mapping
from dataclasses import replace

from admin.apps import require_app
from admin.refusal import Refused
from admin.session import Session
from console.call import Call, NotThere
from console.forms import Difference
from console.page import Act, Page, Snapshots

Record = Mapping[str, str]


class Stale(Exception):
    """What a form edits is no more what it was opened with."""

    def __init__(self, then: Record | None, now: Record, snapshots: Snapshots) -> None:
        super().__init__()
        self.then = then or {}
        self.now = now
        self.snapshots = snapshots
        """Of all forms of the page, as they stand now."""
        self.differences = () if then is None else differences(then, now)


async def with_snapshots(page: Page, call: Call) -> Call:
    """Read before the page reads what it shows: a change between the two is found, and never missed."""
    if page.snapshots is None:
        return call
    try:
        return replace(call, snapshots=await page.snapshots(call))
    except (NotThere, Refused):
        return call  # the page itself says that there is no such thing


async def guarded(page: Page, act: Act, call: Call, typed: Record) -> Call:
    """The call to do the form with.

    Raises:
        Stale: at once, or out of the act.
    """
    key = typed.get("_key", "")
    if page.snapshots is None or (act.name, key) not in call.snapshots:
        return call
    then = call.console.seal.snapshot_of(act.name, key, typed.get("_snapshot", ""))
    check(then, call.snapshots, (act.name, key))
    asked = False

    async def unchanged(session: Session) -> None:
        nonlocal asked
        if not asked:  # an act of several parts sees its own changes later on
            asked = True
            app = await require_app(session, call.app.app_id) if call.app else None
            now = await with_snapshots(page, replace(call, session=session, app=app, snapshots={}))
            check(then, now.snapshots, (act.name, key))

    return replace(call, session=replace(call.session, unchanged=unchanged))


def check(then: Record | None, snapshots: Snapshots, form: tuple[str, str]) -> None:
    """Raises:
    Stale: `then` is not what `snapshots` have of the form; None is never.
    """
    now = snapshots.get(form, {})
    if then != now:
        raise Stale(then, now, snapshots)


def differences(then: Record, now: Record) -> tuple[Difference, ...]:
    """By field, in the order of the form."""
    fields = {**then, **now}
    return tuple(
        Difference(name, then.get(name, ""), now.get(name, ""))
        for name in fields
        if then.get(name, "") != now.get(name, "")
    )


def untouched_as_now(typed: Record, stale: Stale) -> dict[str, str]:
    """What was typed; a field that was left as it was opened shows what stands there now, else sending the form again
    would take the other's change back.
    """
    left = {name for name, text in typed.items() if stale.then.get(name) == text.strip()}
    return {name: stale.now.get(name, "") if name in left else text for name, text in typed.items()}
