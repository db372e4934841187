"""`/apps/{app_id}/installs/{id}`: one install, its verdict in words, and what came of it."""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field
from starlette.responses import Response

from admin.erasure import erase_install
from admin.installs import install_record
from admin.refusal import Refused
from admin.users import Role
from console.call import Call, NotThere
from console.erasing import check_typed, what_went
from console.forms import Form
from console.page import Act, Done, Page
from console.pages.deliveries import KINDS as DELIVERY_KINDS
from console.pages.installs import KINDS
from console.verdict_words import METHODS, candidate_sentence, flag_sentences, verdict_sentence


class EraseForm(Form):
    typed: str = Field("", max_length=20)


async def show_install(call: Call) -> Response:
    record = await _record(call)
    click = record["click"]
    if click:
        record["clicked_at"] = datetime.fromtimestamp(click["at_ms"] / 1000, UTC)
    return call.page(
        "one_install.html",
        title="Install",
        install=record,
        sentence=verdict_sentence(record),
        kind=KINDS.get(record["method"], "quiet"),
        methods=METHODS,
        flags=flag_sentences(record.get("flags")),
        says=candidate_sentence,
        delivery_kinds=DELIVERY_KINDS,
    )


async def erase(call: Call, form: EraseForm) -> Done:
    check_typed(form.typed)
    gone = await erase_install(call.session, call.this_app.app_id, call.named("install_id"))
    return Done(f"/apps/{call.this_app.app_id}/installs", what_went(gone))


async def _record(call: Call) -> dict[str, Any]:
    install_id = call.named("install_id")
    try:
        return await install_record(call.session, call.this_app.app_id, install_id, whole=call.may(Role.EDITOR))
    except Refused:
        back = f"/apps/{call.this_app.app_id}/installs"
        raise NotThere(f"There is no install {install_id[:60]}.", back, "Show installs") from None


PAGES = (
    Page(
        "/apps/{app_id}/installs/{install_id}", show_install, Role.VIEWER, (Act("erase", EraseForm, erase, Role.OWNER),)
    ),
)
