"""Who a person is and what they allow: the `user` and `consent` objects of installs and events."""

from collections.abc import Sequence
from typing import Any

import msgspec

from forwarder.errors import FieldError
from forwarder.intake.identifiers import MAX_ID_CHARS, number_text, optional_identifier
from forwarder.intake.set_aside import UNKNOWN_COUNTRY, note
from forwarder.intake.values import optional_text
from tiktok.countries import country_code

Text = str | int | float | None
Listed = str | int | float | list[str | int | float] | None

MAX_IDENTIFIERS = 20  # of one kind, in one request


class User(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the app knows of the person. Email, phone and external_id take one or a list, raw or as SHA-256 in hex."""

    email: Listed = None
    phone: Listed = None
    external_id: Listed = None
    first_name: Text = None
    last_name: Text = None
    country: Text = None
    state: Text = None
    city: Text = None
    zip_code: Text = None


def user_fields(user: User | None) -> dict[str, Any]:
    """The given fields as text or list of text; `user.<field>` is named where one is too long.

    Raises:
        FieldError: a text is too long, or a list has too many of them.
    """
    if user is None:
        return {}
    fields: dict[str, Any] = {}
    for name in user.__struct_fields__:
        value = getattr(user, name)
        if value is None:
            continue
        given = _listed(name, value) if isinstance(value, list) else _value(name, value)
        if given:
            fields[name] = given
    return fields


def _value(name: str, value: str | float) -> str | None:
    if name == "external_id":
        return optional_identifier("user.external_id", value)
    if name == "country":
        return _country(number_text("user.country", value))
    # as an id: a telephone number or zip code that lost digits is another one
    text = value if isinstance(value, str) else number_text(f"user.{name}", value)
    return optional_text(f"user.{name}", text, MAX_ID_CHARS)


def _country(text: str) -> str | None:
    """The code; a word that cannot be told is set aside, as it would be on the way to TikTok."""
    given = optional_text("user.country", text, MAX_ID_CHARS)
    code = country_code(given) if given else None
    if given and code is None:
        note("user.country", UNKNOWN_COUNTRY)
    return code


def _listed(name: str, values: Sequence[str | int | float]) -> list[str]:
    if len(values) > MAX_IDENTIFIERS:
        raise FieldError(f"user.{name}", f"must be at most {MAX_IDENTIFIERS} of them")
    texts = [_value(name, value) for value in values]
    return list(dict.fromkeys(text for text in texts if text is not None))


def external_ids(user: dict[str, Any]) -> tuple[str, ...]:
    """The app's own ids of the person."""
    given = user.get("external_id", [])
    return tuple([given] if isinstance(given, str) else given)
