"""`/apps/{app_id}/deliveries/{id}`: one event on its way to one pixel, with everything that was said of it."""

from typing import Any

import msgspec
from starlette.responses import Response

from admin.deliveries import delivery_record
from admin.installs import explain_install
from admin.refusal import Refused
from admin.replays import send_again
from admin.users import Role
from console.call import Call, NotThere
from console.forms import Form
from console.page import Act, Done, Page
from console.pages.deliveries import KINDS
from console.reason_words import reason_sentence
from console.verdict_words import verdict_sentence


class AgainForm(Form):
    force: bool = False


async def show_delivery(call: Call) -> Response:
    record = await _record(call)
    return call.page(
        "one_delivery.html",
        title=f"{record['source_event']} → {record['target_event'] or 'not sent'}",
        delivery=record,
        last=record["log"][-1] if record["log"] else None,
        match=await _match(call, record["install_id"]),
        kind=KINDS.get(record["state"], "quiet"),
        written=_written,
        sentence=verdict_sentence,
        why=reason_sentence(record["reason"]),
    )


async def again(call: Call, form: AgainForm) -> Done:
    record = await _record(call)
    await send_again(call.session, call.this_app.app_id, [record["delivery_id"]], form.force)
    return Done(call.request.url.path, "It is due again. This page shows the answer as soon as there is one.")


async def _record(call: Call) -> dict[str, Any]:
    back = f"/apps/{call.this_app.app_id}/deliveries"
    number = call.named("delivery_id")
    try:
        record = await delivery_record(call.session, number)
    except Refused:
        raise NotThere(f"There is no delivery {number[:40]}.", back, "Show deliveries") from None
    if record["app_id"] != call.this_app.app_id:
        raise NotThere(f"{call.this_app.name} has no delivery {number[:40]}.", back, "Show deliveries")
    return record


async def _match(call: Call, install_id: str | None) -> dict[str, Any] | None:
    """The verdict on its install; None where it waits for one, or it was erased."""
    if install_id is None:
        return None
    try:
        return await explain_install(call.session, install_id, call.this_app.app_id)
    except Refused:
        return None


def _written(value: Any) -> str:
    """As JSON for people."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


PAGES = (
    Page("/apps/{app_id}/deliveries/{delivery_id}", show_delivery, Role.VIEWER, (Act("again", AgainForm, again),)),
)
