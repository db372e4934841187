"""`POST /v1/events`: one event or a list, and the events they describe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec

from clicks.placeholders import is_word_for_nothing
from forwarder.errors import FieldError, Refusal
from forwarder.intake.addresses import address
from forwarder.intake.consent import Consent, consent_fields, undescribed
from forwarder.intake.decoding import BYTE_ORDER_MARK, decode, field_error
from forwarder.intake.identifiers import identifier, number_text
from forwarder.intake.people import User, external_ids, user_fields
from forwarder.intake.revenue import SDK
from forwarder.intake.set_aside import PLACEHOLDER, note
from forwarder.intake.times import occurred
from forwarder.intake.values import MAX_NAME_CHARS, amount, clean, currency, optional_text
from ledger.events import NewEvent
from ledger.spelling import clean_text, trimmed

MAX_EVENTS = 1_000
MAX_PROPERTIES = 200
MAX_USER_AGENT_CHARS = 2_000
INSTALL_EVENT = "install"
INSTALL_PREFIX = "install:"  # the install's own event is stored under it

Content = dict[str, Any]


class Properties(msgspec.Struct, kw_only=True):
    """The properties whose shape is checked; every other one is kept as it is."""

    contents: list[Content] | Content | None = None
    content_ids: list[str | int | float] | str | int | float | None = None
    content_type: str | None = None
    search_string: str | int | float | None = None
    description: str | int | float | None = None
    order_id: str | int | float | None = None


_SHAPES = msgspec.json.schema(Properties)["$defs"]["Properties"]["properties"]
OwnProperties = Annotated[
    dict[str, Any],
    msgspec.Meta(
        description="Whatever the app knows of the event. TikTok is told of those that it documents, or that a field"
        " mapping names.",
        extra_json_schema={"properties": _SHAPES, "maxProperties": MAX_PROPERTIES},
    ),
]


class EventRequest(msgspec.Struct, kw_only=True):
    """Something a user did. `occurred_at` is RFC 3339 or Unix seconds, `value` a decimal number or text."""

    event_id: str | int | float
    name: str
    install_id: str | int | float | None = None
    occurred_at: str | int | float | None = None
    value: str | int | float | None = None
    currency: str | None = None
    properties: OwnProperties | None = None
    user: User | None = None
    consent: Consent | None = None
    limited_data_use: bool | None = None
    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row of a list that was not taken."""

    index: int
    field: str
    message: str


_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
_EVENT = msgspec.json.Decoder(EventRequest)


def split_rows(raw: bytes) -> list[bytes | msgspec.Raw]:
    """The rows of a body: one object, or the elements of a list, each still JSON.

    Raises:
        Refusal: not JSON, an empty list, or more than 1,000 rows (413).
    """
    if not raw.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"["):
        return [raw]
    rows = decode(_ROWS, raw)
    if not rows:
        raise Refusal(422, "no_events", "the list is empty; send at least one event")
    if len(rows) > MAX_EVENTS:
        raise Refusal(413, "too_many_events", f"{len(rows)} events in one list; send at most {MAX_EVENTS} at once")
    return list(rows)


def read_events(
    rows: Sequence[bytes | msgspec.Raw], app_id: str, now: datetime
) -> tuple[list[tuple[int, NewEvent]], list[Rejected]]:
    """The good rows with their index, and the rest with what is wrong with each."""
    events: list[tuple[int, NewEvent]] = []
    rejected: list[Rejected] = []
    for index, row in enumerate(rows):
        try:
            events.append((index, read_event(row, app_id, now)))
        except FieldError as error:
            rejected.append(Rejected(index, error.field, error.message))
    return events, rejected


def read_event(row: bytes | msgspec.Raw, app_id: str, now: datetime) -> NewEvent:
    """One event.

    Raises:
        FieldError: a field is missing, of the wrong type or out of range.
        Refusal: it is not JSON.
    """
    request = decode(_EVENT, row)
    occurred_at, flags = occurred("occurred_at", request.occurred_at, now)
    user = user_fields(request.user)
    people = external_ids(user)
    if request.install_id is None and not people:
        raise FieldError("install_id", "is required where user.external_id does not say whose event it is")
    return NewEvent(
        app_id=app_id,
        event_id=_event_id(request.event_id),
        source=SDK,
        name=_name(request.name),
        install_id=None if request.install_id is None else identifier("install_id", request.install_id),
        external_ids=people,
        occurred_at=occurred_at,
        received_at=now,
        value=amount("value", request.value),
        currency=currency("currency", request.currency),
        body=_body(request, user, _properties(request.properties, needs_cleaning=_needs_cleaning(row))),
        joined=False,
        flags=flags,
    )


def _event_id(value: str | float) -> str:
    event_id = identifier("event_id", value)
    if event_id.startswith(INSTALL_PREFIX):
        raise FieldError("event_id", "must not begin with install: (the install's own event is stored under that)")
    return event_id


def _name(value: str) -> str:
    name = trimmed(clean_text(value))
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise FieldError("name", f"must have 1 to {MAX_NAME_CHARS} characters")
    if name == INSTALL_EVENT:
        message = "install is counted once by POST /v1/installs; name a later opening of the app session_start"
        raise FieldError("name", message)
    return name


def _needs_cleaning(row: bytes | msgspec.Raw) -> bool:
    """Whether a text in it could hold what `clean` removes: JSON writes control characters with a backslash, and going
    through every text takes as long as reading them.
    """
    raw = bytes(row)
    return b"\\" in raw or b"\x7f" in raw or not raw.isascii()


def _body(request: EventRequest, user: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    consent = consent_fields(request.consent)
    fields: dict[str, Any] = {
        "properties": properties,
        "user": user,
        "consent": consent,
        "limited_data_use": request.limited_data_use,
        "ip": address("ip", request.ip),
        "user_agent": optional_text("user_agent", request.user_agent, MAX_USER_AGENT_CHARS),
    }
    body = {name: value for name, value in fields.items() if value not in (None, {})}
    return undescribed(body, SDK) if consent.get("marketing") == "denied" else body


def _properties(given: dict[str, Any] | None, *, needs_cleaning: bool) -> dict[str, Any]:
    """As sent, cleaned; a single `contents` object becomes a list, numeric ids in it become text."""
    if not given:
        return {}
    if len(given) > MAX_PROPERTIES:
        raise FieldError("properties", f"must be at most {MAX_PROPERTIES} properties")
    try:
        checked = msgspec.convert(given, Properties)
    except msgspec.ValidationError as error:
        raise _property_error(error) from None
    properties: dict[str, Any] = clean(given) if needs_cleaning else given
    if isinstance(checked.contents, dict):
        properties["contents"] = [properties["contents"]]
    for content in properties.get("contents") or ():
        _set_id(content, "content_id", "properties.contents.content_id")
    _set_id(properties, "content_ids", "properties.content_ids")
    _set_id(properties, "order_id", "properties.order_id")
    return properties


def _set_id(fields: dict[str, Any], name: str, path: str) -> None:
    """Ids as text where a map made floats of them (`1001.0`); without what stands in the place of one."""
    given = fields.get(name)
    if given is None:
        return
    if isinstance(given, list):
        fields[name] = [
            number_text(path, one) if isinstance(one, float) else one for one in given if not _says_nothing(path, one)
        ]
    elif _says_nothing(path, given):
        del fields[name]
    elif name == "content_id" and (isinstance(given, bool) or (isinstance(given, float) and not given.is_integer())):
        return  # odd, and no reason to refuse a sale
    elif isinstance(given, float) or (name == "content_id" and isinstance(given, int)):
        fields[name] = number_text(path, given)


def _says_nothing(path: str, value: Any) -> bool:
    """0 is a word for nobody; a product or an order may be called so."""
    if not isinstance(value, str) or not is_word_for_nothing(trimmed(value)):
        return False
    note(path, PLACEHOLDER)
    return True


def _property_error(error: msgspec.ValidationError) -> FieldError:
    found = field_error(error)
    return FieldError(f"properties.{found.field}", found.message)
