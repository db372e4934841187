"""A conversion -> one row of `data[]`, and rows -> the body of `POST /open_api/v1.3/event/track/`.

Source: TikTok's Events API 2.0 reference for `event_source` = `web`. Empty fields are left out, never sent as "".
"""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from tiktok import identifiers
from tiktok.identifiers import RawIdentifier
from tiktok.properties import event_properties

MAX_ROWS: Final = 1_000
"""TikTok refuses a request of more rows as a whole."""

NO_PUBLIC_IP: Final = "low match: no public IP address of the user"
NO_COUNTRY: Final = "country left out: it cannot be told which one is meant"
NO_PHONE: Final = "phone left out: no number that can be dialled, or it cannot be told in which country"
NO_EMAIL: Final = "email left out: it is no address"
NO_USER_AGENT: Final = "low match: no User-Agent of the user"
IDENTIFIERS_CUT: Final = f"only the first {identifiers.MAX_VALUES} values of an identifier are sent"


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one event on its way to one pixel, merged from event, install, click and webhook."""

    event: str
    """TikTok's name for it, as the pixel takes it."""
    event_id: str
    """`sent_event_id`: the same on every retry and replay."""
    event_time: int
    """Unix seconds."""
    ttclid: str | None = None
    """TikTok's click id, byte for byte as the click brought it."""
    ttp: str | None = None
    """The value of the `_ttp` cookie."""
    ip: str | None = None
    """The user's address; one that is not globally routable is not sent."""
    user_agent: str | None = None
    locale: str | None = None
    """BCP 47 or POSIX."""
    email: RawIdentifier = None
    """As the app sent it, or SHA-256 in hex; so are the next five."""
    phone: RawIdentifier = None
    external_id: RawIdentifier = None
    first_name: str | None = None
    last_name: str | None = None
    zip_code: str | None = None
    city: str | None = None
    """Raw, as are `state` and `country`: TikTok takes these unhashed."""
    state: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2, in either case. National telephone numbers are read in it."""
    page_url: str | None = None
    """The Signal link as clicked, with its query."""
    page_referrer: str | None = None
    value: Decimal | None = None
    """The whole order, in units of `currency`."""
    currency: str | None = None
    """ISO 4217."""
    properties: dict[str, Any] = {}
    """The event's own properties as the app sent them."""
    limited_data_use: bool | None = None
    notes: tuple[str, ...] = ()
    """What merging it has to say, for whoever reads the delivery; no personal data."""


class Row(msgspec.Struct, frozen=True):
    """One element of `data[]`, ready to be encoded and kept."""

    body: dict[str, Any]
    notes: tuple[str, ...]
    """A sentence for each thing that was left out or weakens the match. They hold no personal data."""


def event_row(conversion: Conversion) -> Row:
    """What TikTok is told of `conversion`. Never raises: what it cannot use is left out and noted."""
    user = _user(conversion)
    properties, notes = event_properties(conversion.event, conversion.properties, conversion.value, conversion.currency)
    page = _present(
        {
            "url": identifiers.clean(conversion.page_url),
            "referrer": identifiers.clean(conversion.page_referrer),
        }
    )
    body: dict[str, Any] = {
        "event": conversion.event,
        "event_time": conversion.event_time,
        "event_id": conversion.event_id,
    }
    body |= _present({"user": user, "properties": properties, "page": page})
    if conversion.limited_data_use is not None:
        body["limited_data_use"] = conversion.limited_data_use
    return Row(body, (*conversion.notes, *notes, *_user_notes(conversion, user)))


def request_body(pixel_code: str, rows: Sequence[msgspec.Raw], test_event_code: str | None = None) -> bytes:
    """The whole body. `rows` are encoded rows and go in byte for byte, so that a resend equals the first send.

    Raises ValueError for no row and for more than `MAX_ROWS`.
    """
    if not 1 <= len(rows) <= MAX_ROWS:
        raise ValueError(f"rows: {len(rows)} of them; TikTok takes 1 to {MAX_ROWS} in one request")
    body: dict[str, Any] = {"event_source": "web", "event_source_id": pixel_code}
    if test_event_code:
        body["test_event_code"] = test_event_code
    return msgspec.json.encode(body | {"data": list(rows)})


def sent_event_id(app_id: str, source_event_id: str, target_event: str) -> str:
    """The `event_id` TikTok deduplicates by: 32 hex digits, a function of its arguments alone.

    Each part goes in behind its length, so that no two triples read the same.
    """
    app, source, target = (
        app_id.encode("utf-8", "surrogatepass"),
        source_event_id.encode("utf-8", "surrogatepass"),
        target_event.encode("utf-8", "surrogatepass"),
    )
    joined = b"%d:%b%d:%b%d:%b" % (len(app), app, len(source), source, len(target), target)
    return hashlib.sha256(joined).hexdigest()[:32]


def _user(conversion: Conversion) -> dict[str, Any]:
    country = identifiers.country(conversion.country)
    told = conversion  # few apps tell names and places; to read what is not there costs as much as what is
    return _present(
        {
            "email": identifiers.hashes(conversion.email, identifiers.email_hash),
            "phone": identifiers.hashes(conversion.phone, lambda value: identifiers.phone_hash(value, country)),
            "external_id": identifiers.hashes(conversion.external_id, identifiers.external_id_hash),
            "first_name": told.first_name and identifiers.name_hash(told.first_name),
            "last_name": told.last_name and identifiers.name_hash(told.last_name),
            "zip_code": told.zip_code and identifiers.zip_hash(told.zip_code, country),
            "city": told.city and identifiers.place(told.city),
            "state": told.state and identifiers.state(told.state, country),
            "country": country,
            "ttclid": identifiers.clean(conversion.ttclid),
            "ttp": identifiers.clean(conversion.ttp),
            "ip": identifiers.public_ip(conversion.ip),
            "user_agent": identifiers.clean(conversion.user_agent),
            "locale": identifiers.locale(conversion.locale),
        }
    )


def _user_notes(conversion: Conversion, user: dict[str, Any]) -> list[str]:
    notes = []
    if "ip" not in user:
        notes.append(NO_PUBLIC_IP)
    if "user_agent" not in user:
        notes.append(NO_USER_AGENT)
    if conversion.country and "country" not in user:
        notes.append(NO_COUNTRY)
    if conversion.phone and "phone" not in user:
        notes.append(NO_PHONE)
    if conversion.email and "email" not in user:
        notes.append(NO_EMAIL)
    lists = (conversion.email, conversion.phone, conversion.external_id)
    if any(isinstance(values, list) and len(values) > identifiers.MAX_VALUES for values in lists):
        notes.append(IDENTIFIERS_CUT)
    return notes


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
