"""`GET /openapi.json`: made from the very structs that requests are read into and answers are written from."""

from functools import lru_cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from forwarder.errors import JsonResponse
from forwarder.intake.answers import EventsAnswer, InstallAnswer, RejectedRow
from forwarder.intake.event_request import MAX_EVENTS, EventRequest
from forwarder.intake.install_request import InstallRequest
from ledger.delivery_views import DeliveryItem
from ledger.report_columns import figure_names
from ledger.report_dimensions import DIMENSIONS
from ledger.webhook_providers import PROVIDERS

API_VERSION = "1"


class ErrorBody(msgspec.Struct):
    """What went wrong."""

    code: str
    """For programs."""
    message: str
    """For people: what is wrong and the way out."""
    field: str | None = None
    """Dotted path of the field at fault."""


class Error(msgspec.Struct):
    """Every refusal."""

    error: ErrorBody


_STRUCTS = (InstallRequest, EventRequest, InstallAnswer, EventsAnswer, RejectedRow, DeliveryItem, Error)
_OF_HEADS = {
    "400": "This is no HTTP/1.1 request, or has no valid Host",
    "414": "The URL is longer than 8 KiB",
    "431": "There are more than 100 headers, or more than 32 KiB of them",
}
_REFUSALS = _OF_HEADS | {
    "400": "The body is not JSON in UTF-8, broke off, or took longer than 10 seconds",
    "401": "No valid API key or signature",
    "409": "The nonce of a signed request was used before",
    "413": "The body is larger than 1 MiB, or the list longer than 1,000 events",
    "415": "The body is not JSON",
    "422": "A field is missing, of the wrong type or out of range; `field` names it",
    "503": "PostgreSQL cannot be reached, or did not answer in time: send the same request again, it is stored once",
}


_SENT_ALONG = {
    "401": {"WWW-Authenticate": {"schema": {"const": "Bearer"}}},
    "503": {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}},
}
_DAY = {"anyOf": [{"format": "date"}, {"const": ""}]}
_FIGURE = {"type": ["number", "null"]}
_TEXT = {"type": ["string", "null"]}
_FIGURES = dict.fromkeys(("currency", "installs_from", "revenue_from"), _TEXT)


async def get_openapi(request: Request) -> Response:  # noqa: ARG001
    """The description of this API."""
    return JsonResponse(description())


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    references, components = msgspec.json.schema_components(_STRUCTS, ref_template="#/components/schemas/{name}")
    schemas = dict(zip((struct.__name__ for struct in _STRUCTS), references, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Signalpost forwarder",
            "version": API_VERSION,
            "description": "Installs and events in; matched to the click of a Signal link, forwarded to TikTok.",
        },
        "security": [{"apiKey": []}, {"signature": [], "app": []}],
        "paths": _paths(schemas),
        "components": {"schemas": components, "securitySchemes": _security_schemes()},
    }


def _security_schemes() -> dict[str, Any]:
    signature = (
        't=<Unix seconds>,n=<nonce>,v1=<lower-case hex HMAC-SHA256 by the API key of t "." n "." raw body>; '
        "t within 300 s, each nonce once"
    )
    return {
        "apiKey": {"type": "http", "scheme": "bearer", "description": "The app's API key"},
        "signature": {"type": "apiKey", "in": "header", "name": "Signalpost-Signature", "description": signature},
        "app": {"type": "apiKey", "in": "header", "name": "Signalpost-App", "description": "The app's id"},
    }


def _paths(schemas: dict[str, Any]) -> dict[str, Any]:
    one_or_many = {
        "oneOf": [
            schemas["EventRequest"],
            {"type": "array", "items": schemas["EventRequest"], "minItems": 1, "maxItems": MAX_EVENTS},
        ]
    }
    found = {"allOf": [schemas["InstallAnswer"], _install_details(schemas)]}
    install_id = _parameter("install_id", "path", minLength=1)
    external_id = _parameter("external_id", "query", minLength=1)
    error = schemas["Error"]
    events = _operation("Report events", error, status="202", ok=schemas["EventsAnswer"], body=one_or_many)
    events["responses"]["422"] = _json(f"{_REFUSALS['422']}: all were refused", _all_rejected(schemas))
    return {
        "/v1/installs": {
            "post": _operation("Report an install", error, ok=schemas["InstallAnswer"], body=schemas["InstallRequest"]),
            "delete": _operation("Erase a person", error, ok=_erased_schema(), parameters=[external_id]),
        },
        "/v1/installs/{install_id}": {
            "get": _operation("An install's match and deliveries", error, ok=found, parameters=[install_id]),
            "delete": _operation("Erase an install", error, ok=_erased_schema(), parameters=[install_id]),
        },
        "/v1/events": {"post": events},
        "/v1/reports": {"get": _report(error)},
        "/v1/webhooks/{provider}/{app_id}": {"post": _webhook(error)},
        "/healthz": {"get": _health("The process answers")},
        "/readyz": {"get": _health("PostgreSQL is reached; Redis is reached or done without")},
    }


def _operation(summary: str, error: Any, *, status: str = "200", **parts: Any) -> dict[str, Any]:
    refusals = _REFUSALS
    if "body" not in parts:
        refusals = _OF_HEADS | {code: _REFUSALS[code] for code in ("401", "409", "422", "503")}
    if "parameters" in parts:
        refusals = refusals | {"404": "Nothing of this id"}
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {status: _json("Done", parts["ok"])}
        | {code: _refusal(code, text, error) for code, text in sorted(refusals.items())},
    }
    if "body" in parts:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": parts["body"]}}}
    if "parameters" in parts:
        operation["parameters"] = parts["parameters"]
    return operation


def _report(error: Any) -> dict[str, Any]:
    dimension = f"({'|'.join(DIMENSIONS)})"
    asked = (
        _parameter(
            "by", "query", "One dimension, or two with a comma between", pattern=f"^({dimension}(,{dimension})?)?$"
        ),
        _parameter("from", "query", "First day, of the app's time zone; 400 days at most", **_DAY),
        _parameter("to", "query", "Last day, inclusive", **_DAY),
        _parameter("format", "query", enum=["", "json", "csv"]),
    )
    operation = _operation(
        "What the app's ads cost and brought",
        error,
        ok=_report_schema(),
        parameters=[parameter | {"required": False} for parameter in asked],
    )
    operation["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    del operation["responses"]["404"]
    return operation


def _report_schema() -> dict[str, Any]:
    columns: dict[str, Any] = {name: _FIGURES.get(name, _FIGURE) for name in figure_names()}
    figures = {"type": "object", "properties": columns}
    row = {"type": "object", "properties": {"key": {"type": "object"}} | columns}
    warnings = {"type": "array", "items": {"type": "string"}}
    return {
        "type": "object",
        "required": ["rows", "totals", "warnings"],
        "properties": {"rows": {"type": "array", "items": row}, "totals": figures, "warnings": warnings},
    }


def _webhook(error: Any) -> dict[str, Any]:
    provider = _parameter("provider", "path", enum=list(PROVIDERS))
    operation = _operation(
        "What a subscription platform posts",
        error,
        ok={"type": "object", "required": ["received"], "properties": {"received": {"type": "boolean"}}},
        parameters=[provider, _parameter("app_id", "path")],
    )
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    responses = {code: operation["responses"][code] for code in ("200", "404", "414", "431", "503")}
    responses |= {code: _json(_REFUSALS[code], error) for code in ("400", "413", "415")}
    responses["401"] = _json("The provider's own proof is missing or wrong", error)
    # each provider signs in its own way: none of the schemes of the other paths
    return operation | {"security": [], "requestBody": body, "responses": dict(sorted(responses.items()))}


def _json(text: str, schema: Any) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _refusal(code: str, text: str, error: Any) -> dict[str, Any]:
    return _json(text, error) | ({"headers": _SENT_ALONG[code]} if code in _SENT_ALONG else {})


def _parameter(name: str, place: str, description: str = "", **rules: Any) -> dict[str, Any]:
    parameter = {"name": name, "in": place, "required": True, "schema": {"type": "string"} | rules}
    return parameter | ({"description": description} if description else {})


def _all_rejected(schemas: dict[str, Any]) -> dict[str, Any]:
    rows = {"type": "array", "items": schemas["RejectedRow"]}
    return {"allOf": [schemas["Error"], {"type": "object", "properties": {"rejected": rows}}]}


def _install_details(schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["occurred_at", "pending", "detail", "deliveries"],
        "properties": {
            "occurred_at": {"type": "string", "format": "date-time"},
            "pending": {"type": "boolean", "description": "Redis was away: to be matched as soon as it is back"},
            "detail": {"type": "object", "description": "tiers, candidates with weights, devices, flags"},
            "deliveries": {"type": "array", "items": schemas["DeliveryItem"]},
        },
    }


def _erased_schema() -> dict[str, Any]:
    counts = {name: {"type": "integer"} for name in ("erased", "installs", "events", "clicks", "webhooks")}
    return {"type": "object", "required": list(counts), "properties": counts}


def _health(text: str) -> dict[str, Any]:
    state = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}
    responses = {"200": _json(text, state), "503": _json("Not so", state)}
    return {"summary": text, "security": [], "responses": responses}
