"""`GET /v1/reports`: what the app's ads cost and brought, as `signalpost report` tells it."""

from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from forwarder.errors import FieldError, JsonResponse, Refusal, unavailable
from forwarder.intake.query import asked
from forwarder.services import services_of
from ledger.outages import LEDGER_FAILED
from ledger.report import column_names
from ledger.report_answer import answered
from ledger.report_csv import csv_of
from ledger.report_query import QueryError, read_query
from ledger.setting_values import SettingError

FORMATS: Final = ("json", "csv")
CSV: Final = "text/csv; charset=utf-8"


async def get_report(request: Request) -> Response:
    """`?by=&from=&to=&format=json|csv`, all with defaults."""
    services = services_of(request)
    async with services.authenticator.admit(request) as admitted:
        form = asked(request, "format") or "json"
        if form not in FORMATS:
            raise Refusal(422, "invalid_field", "must be json or csv", field="format")
        services.rates.refresh()
        try:
            by = ",".join(filter(None, request.query_params.getlist("by")))  # two dimensions, written either way
            query = read_query(admitted.entry.app_id, by, asked(request, "from"), asked(request, "to"))
            convert = services.rates.rates.between
            now = datetime.now(UTC)
            found = await services.reports.read(lambda pool: answered(pool, query, "report", now, convert))
        except QueryError as error:
            raise FieldError(error.field, str(error)).refusal() from None
        except SettingError as error:
            raise Refusal(422, "invalid_setting", str(error)) from None
        except LEDGER_FAILED as error:
            services.outages.failed("report not read", error)
            raise unavailable("the ledger") from None
    if form == "csv":
        return Response(csv_of(found["rows"], column_names(query.by)), media_type=CSV)
    return JsonResponse(found)
