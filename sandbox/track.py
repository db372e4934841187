"""`POST /open_api/v1.3/event/track/`: one or many events of one web pixel.

All or nothing: one bad row refuses the whole request and the message names the first bad row. Only a scripted partial
success (20001) takes some rows and not others.
"""

from typing import Any

import msgspec

from sandbox.accounts.permission import may_send
from sandbox.calls import Answer, Call, envelope
from sandbox.codes import Code
from sandbox.events import Taken
from sandbox.memory import Memory
from sandbox.refusals import Refusal
from sandbox.schema import check_row

BATCH_LIMIT = 1000

_Fields = dict[str, msgspec.Raw]

_fields_decoder = msgspec.json.Decoder(_Fields)
_rows_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_value_decoder = msgspec.json.Decoder()


def track(call: Call, memory: Memory) -> Answer:
    """Take the events of a request, or refuse it as TikTok would."""
    pixel_code: str | None = None
    rows: list[msgspec.Raw] = []
    try:
        token = memory.registry.admit(call.header(b"access-token"))
        fields = _body_fields(call)
        pixel_code = _source(fields)
        may_send(call, token, pixel_code, memory)
        test_event_code = _optional_text(fields, "test_event_code")
        rows = _rows(fields)
        checked = [_checked_row(index, row, call.received_at) for index, row in enumerate(rows)]
    except Refusal as refusal:
        payload = None if refusal.row is None else rows[refusal.row]
        memory.rejections.note(call, refusal, pixel_code, payload)
        return Answer(envelope(refusal.code, call.request_id, str(refusal)), code=refusal.code)
    store = memory.events if test_event_code is None else memory.test_events
    for index, (row, payload) in enumerate(zip(checked, rows, strict=True)):
        if index in call.refused_rows:
            continue
        counted = store.take(
            Taken(
                received_at=call.received_at,
                request_id=call.request_id,
                pixel_code=pixel_code,
                test_event_code=test_event_code,
                event=row["event"],
                event_id=row.get("event_id"),
                payload=payload,
            )
        )
        if counted and test_event_code is None:
            memory.event_log.note(pixel_code, row)
    return Answer(envelope(Code.OK, call.request_id), code=Code.OK)


def _body_fields(call: Call) -> _Fields:
    content_type = call.header(b"content-type") or ""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal("Content-Type must be application/json.")
    try:
        return _fields_decoder.decode(call.body)
    except (ValueError, RecursionError) as error:
        raise Refusal("Request body is not a valid JSON object.") from error


def _source(fields: _Fields) -> str:
    """The pixel code, once it is clear that the request is one for a web pixel."""
    if "partner_name" in fields:
        raise Refusal("Not a registered partner: leave it out.").within("partner_name")
    source = _text(fields, "event_source")
    if source != "web":
        raise Refusal("Not a supported event source: the sandbox plays web pixels, 'web'.").within("event_source")
    return _text(fields, "event_source_id")


def _rows(fields: _Fields) -> list[msgspec.Raw]:
    raw = _present(fields, "data")
    try:
        rows = _rows_decoder.decode(raw)
    except ValueError as error:
        raise Refusal("Not a valid list.").within("data") from error
    if not rows:
        raise Refusal("Shorter than minimum length 1.").within("data")
    if len(rows) > BATCH_LIMIT:
        raise Refusal(f"Longer than maximum length {BATCH_LIMIT}.", Code.INVALID_BATCH_SIZE).within("data")
    return rows


def _checked_row(index: int, raw: msgspec.Raw, now: float) -> dict[str, Any]:
    try:
        row: dict[str, Any] = _decoded(raw)
        check_row(row, now)
    except Refusal as refusal:
        raise refusal.within(index).within("data") from None
    return row


def _decoded(raw: msgspec.Raw) -> Any:
    """The value of a piece of JSON already known to be well formed but for its text and the range of its numbers."""
    try:
        return _value_decoder.decode(raw)
    except (ValueError, RecursionError) as error:
        raise Refusal(f"Not valid JSON: {error}") from error


def _present(fields: _Fields, name: str) -> msgspec.Raw:
    raw = fields.get(name)
    if raw is None:
        raise Refusal("Missing data for required field.").within(name)
    return raw


def _text(fields: _Fields, name: str) -> str:
    raw = _present(fields, name)
    try:
        value = _decoded(raw)
    except Refusal as refusal:
        raise refusal.within(name) from None
    if not isinstance(value, str):
        raise Refusal("Not a valid string.").within(name)
    if not value.strip():
        raise Refusal("Shorter than minimum length 1.").within(name)
    return value


def _optional_text(fields: _Fields, name: str) -> str | None:
    return _text(fields, name) if name in fields else None
