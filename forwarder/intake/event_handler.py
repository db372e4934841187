"""`POST /v1/events`: events in, each kept once; good rows are kept when others are refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from forwarder.errors import JsonResponse, Refusal, refusal_response
from forwarder.intake.answers import EventsAnswer, RejectedRow
from forwarder.intake.authenticator import Admitted
from forwarder.intake.event_batch import Outcome
from forwarder.intake.event_request import Rejected, read_events, split_rows
from forwarder.intake.posted import Sender, Taken
from forwarder.services import Services, services_of
from ledger.events import NewEvent

ERASED = "this install or person was erased; nothing of them is kept or sent"


async def post_events(request: Request) -> Response:
    """202 once every good row is committed; 422 where none is good."""
    services = services_of(request)
    async with services.authenticator.admit(request) as admitted:
        posted = _read(services, admitted)
        outcomes = await services.events.submit(posted.wanted, admitted.check_still) if posted.events else []
    return posted.response(outcomes)


def take_events(services: Services, admitted: Admitted, _: Sender) -> Taken:
    """The same for who does not wait in a task."""
    posted = _read(services, admitted)
    result = services.events.enqueue(posted.wanted, admitted.check_still) if posted.events else None
    return Taken(result, posted.response)


@dataclass(frozen=True, slots=True)
class PostedEvents:
    """A request's rows."""

    rows: int
    events: Sequence[tuple[int, NewEvent]]
    """The good ones, with their index."""
    rejected: Sequence[Rejected]

    @property
    def wanted(self) -> list[NewEvent]:
        return [event for _, event in self.events]

    def response(self, outcomes: Sequence[Outcome]) -> Response:
        """The answer, from what became of each good row."""
        erased = [
            Rejected(index, "install_id", ERASED)
            for (index, _), outcome in zip(self.events, outcomes, strict=True)
            if outcome == "erased"
        ]
        rejected = sorted((*self.rejected, *erased), key=lambda row: row.index)
        answer = EventsAnswer(
            accepted=outcomes.count("accepted"),
            duplicates=outcomes.count("duplicate"),
            rejected=[RejectedRow(index=row.index, field=row.field, message=row.message) for row in rejected],
        )
        return _all_refused(answer) if len(rejected) == self.rows else JsonResponse(answer, 202)


def _read(services: Services, admitted: Admitted) -> PostedEvents:
    with services.set_aside.of(admitted.entry.app_id):
        rows = split_rows(admitted.body)
        return PostedEvents(len(rows), *read_events(rows, admitted.entry.app_id, datetime.now(UTC)))


def _all_refused(answer: EventsAnswer) -> Response:
    first = answer.rejected[0]
    message = first.message if len(answer.rejected) == 1 else f"every event was refused; the first: {first.message}"
    return refusal_response(Refusal(422, "invalid_field", message, field=first.field), answer.rejected)
