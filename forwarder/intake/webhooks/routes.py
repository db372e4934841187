"""`POST /v1/webhooks/{provider}/{app_id}`: what subscription platforms report, each in its own way."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from forwarder import metrics
from forwarder.directory import Directory
from forwarder.errors import JsonResponse, Refusal
from forwarder.intake.body import read_body
from forwarder.intake.decoding import decode
from forwarder.intake.webhooks.authentication import WebhookRequest
from forwarder.intake.webhooks.providers import SOURCES, Source
from forwarder.intake.webhooks.reading import Fields, fields
from forwarder.intake.webhooks.storing import WebhookPost
from forwarder.services import services_of

NO_SECRET = "\x00" * 43  # what webhooks of unknown apps are checked against, which takes as long

_ANYTHING: msgspec.json.Decoder[Any] = msgspec.json.Decoder()

log = structlog.get_logger()


async def post_webhook(request: Request) -> Response:
    """200 once it is committed; 401 for every reason not to believe it; 503 where the ledger is away, so that the
    provider sends it again.
    """
    source = SOURCES.get(request.path_params["provider"])
    if source is None:
        raise HTTPException(404)
    services = services_of(request)
    app_id = request.path_params["app_id"]
    posted = WebhookRequest(dict(request.headers), await read_body(request), datetime.now(UTC))
    proven_by = await _authentic(services.directory, source, app_id, posted)
    if proven_by is None:
        metrics.WEBHOOKS.labels(source.provider, "rejected").inc()
        log.warning("webhook not authentic", provider=source.provider)
        raise _unauthorized(source)
    with services.set_aside.of(app_id):
        body = _decoded(posted.body)
        event = source.read(body) if body else None
    if body:
        post = WebhookPost(app_id, source.provider, posted.body, posted.at, event)

        def check_still() -> None:
            if _secret(services.directory, source, app_id) != proven_by:
                raise _unauthorized(source)

        outcome = await services.webhooks.submit(post, check_still)
        metrics.WEBHOOKS.labels(source.provider, outcome).inc()
        if outcome == "unread":
            log.warning("webhook without an event that can be read", provider=source.provider, app_id=app_id)
    return JsonResponse({"received": True, **source.answer(body)})


async def _authentic(directory: Directory, source: Source, app_id: str, posted: WebhookRequest) -> str | None:
    """The app's secret that the webhook agrees with; None where it does not. Checked again by the ledger where it
    fails: the secret may have been set this moment.
    """
    for _ in range(2):
        entry = await directory.by_id(app_id)
        secret = directory.secret(entry, source.secret) if entry is not None else None
        if source.authentic(posted, secret or NO_SECRET) and secret:
            return secret
        if not await directory.caught_up():
            return None
    return None


def _secret(directory: Directory, source: Source, app_id: str) -> str | None:
    entry = directory.get(app_id)
    return directory.secret(entry, source.secret) if entry is not None else None


def _decoded(raw: bytes) -> Fields:
    return fields(decode(_ANYTHING, raw or b"{}"))


def _unauthorized(source: Source) -> Refusal:
    message = f"not authentic: the app's setting {source.secret} must be what {source.provider} signs with or sends"
    return Refusal(401, "unauthorized", message)
