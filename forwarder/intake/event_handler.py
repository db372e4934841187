"""`POST /v1/events`: events in, each kept once; good rows are kept when others are refused."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from forwarder.errors import JsonResponse, Refusal, refusal_response
from forwarder.intake.answers import EventsAnswer, RejectedRow
from forwarder.intake.event_request import Rejected, read_events, split_rows
from forwarder.services import services_of

ERASED = "this install or person was erased; nothing of them is kept or sent"


async def post_events(request: Request) -> Response:
    """202 once every good row is committed; 422 where none is good."""
    services = services_of(request)
    async with services.authenticator.admit(request) as admitted:
        with services.set_aside.of(admitted.entry.app_id):
            rows = split_rows(admitted.body)
            events, rejected = read_events(rows, admitted.entry.app_id, datetime.now(UTC))
        wanted = [event for _, event in events]
        outcomes = await services.events.submit(wanted, admitted.check_still) if events else []
    for (index, _), outcome in zip(events, outcomes, strict=True):
        if outcome == "erased":
            rejected.append(Rejected(index, "install_id", ERASED))
    answer = EventsAnswer(
        accepted=outcomes.count("accepted"),
        duplicates=outcomes.count("duplicate"),
        rejected=[
            RejectedRow(index=row.index, field=row.field, message=row.message)
            for row in sorted(rejected, key=lambda row: row.index)
        ],
    )
    if len(rejected) == len(rows):
        return _all_refused(answer)
    return JsonResponse(answer, 202)


def _all_refused(answer: EventsAnswer) -> Response:
    first = answer.rejected[0]
    message = first.message if len(answer.rejected) == 1 else f"every event was refused; the first: {first.message}"
    return refusal_response(Refusal(422, "invalid_field", message, field=first.field), answer.rejected)
