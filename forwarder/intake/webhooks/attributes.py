"""What an app hands over through its subscription platform: attributes by which an event finds its install."""

from typing import Any, Final

from clicks.placeholders import is_placeholder
from forwarder.errors import FieldError
from forwarder.intake.addresses import address
from forwarder.intake.identifiers import MAX_ID_CHARS
from forwarder.intake.set_aside import NO_ADDRESS, PLACEHOLDER, note
from forwarder.intake.webhooks.normal import Person
from forwarder.intake.webhooks.reading import Fields, text
from ledger.spelling import clean_text
from tiktok.countries import country_code
from tiktok.identifiers import public_ip

INSTALL_ID: Final = "signalpost_install_id"
"""The documented one: the install id that the app sent to `POST /v1/installs`."""

MAX_TTCLID_CHARS: Final = 1_000
MAX_USER_AGENT_CHARS: Final = 2_000
GENERATED: Final = "$"
"""What ids begin with that a platform made up (`$RCAnonymousID:`, `$SuperwallAlias:`): they join, and name nobody."""


def person(attributes: Fields, own: tuple[str, ...], others: tuple[str, ...] = (), **known: Any) -> Person:
    """The person behind an event.

    `own` are ids that the app gives, as far as they are not generated, `others` those of the provider's making. `known`
    is what the provider says outside of the attributes, which come first.
    """
    given = [one for one in own if not one.startswith(GENERATED)]
    return Person(
        install_id=text(attributes.get(INSTALL_ID), MAX_ID_CHARS, INSTALL_ID),
        ids=tuple(dict.fromkeys((*given, *own, *others))),
        external_id=next(iter(given), None),
        ip=_ip(attributes.get("$ip"), attributes.get("ip"), known.get("ip")),
        user_agent=_first("user_agent", attributes.get("user_agent"), known.get("user_agent")),
        ttclid=_ttclid(attributes.get("ttclid")),
        email=_first("email", attributes.get("$email"), attributes.get("email"), *known.get("emails", ())),
        country=country_code(text(known.get("country"), field="country") or ""),
        phone=_first("phone", attributes.get("$phoneNumber"), attributes.get("phone"), known.get("phone")),
    )


def _first(field: str, *values: Any) -> str | None:
    """The first that says something: a placeholder must not stand in front of what another place knows."""
    longest = MAX_USER_AGENT_CHARS if field == "user_agent" else MAX_ID_CHARS
    return next((found for value in values if (found := text(value, longest, field)) is not None), None)


def _ip(*values: Any) -> str | None:
    """The first address TikTok would take; any other must not stand in front of the install's."""
    return next((found for value in values if isinstance(value, str) and (found := public_ip(_address(value)))), None)


def _address(value: str) -> str | None:
    try:
        return address("ip", value)
    except FieldError:
        note("ip", NO_ADDRESS)
        return None


def _ttclid(value: Any) -> str | None:
    """Byte for byte, or not at all: a click id that was cut or mended is another click's."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TTCLID_CHARS:
        return None
    if is_placeholder(value.strip()):
        note("ttclid", PLACEHOLDER)
        return None
    return value if value.isascii() and value.isprintable() and clean_text(value) == value else None
