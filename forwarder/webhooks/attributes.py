"""What an app hands over through its subscription platform: attributes by which an event finds its install."""

from typing import Any, Final

from clicks.address import address_text, packed_address
from clicks.placeholders import is_placeholder
from forwarder.intake.set_aside import PLACEHOLDER, note
from forwarder.intake.values import clean_text
from forwarder.webhooks.normal import Person
from forwarder.webhooks.reading import Fields, text
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
        install_id=text(attributes.get(INSTALL_ID), field=INSTALL_ID),
        ids=tuple(dict.fromkeys((*given, *own, *others))),
        external_id=next(iter(given), None),
        ip=_ip(_first(attributes, "$ip", "ip") or known.get("ip")),
        user_agent=text(_first(attributes, "user_agent") or known.get("user_agent"), MAX_USER_AGENT_CHARS),
        ttclid=_ttclid(attributes.get("ttclid")),
        email=text(_first(attributes, "$email", "email") or known.get("email"), field="email"),
        country=country_code(text(known.get("country")) or ""),
        phone=text(_first(attributes, "$phoneNumber", "phone") or known.get("phone"), field="phone"),
    )


def _first(attributes: Fields, *names: str) -> Any:
    return next((attributes[name] for name in names if attributes.get(name)), None)


def _ip(value: Any) -> str | None:
    """An address TikTok would take; any other must not stand in front of the install's."""
    packed = packed_address(value) if isinstance(value, str) else None
    return public_ip(address_text(packed)) if packed is not None else None


def _ttclid(value: Any) -> str | None:
    """Byte for byte, or not at all: a click id that was cut or mended is another click's."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TTCLID_CHARS:
        return None
    if is_placeholder(value.strip()):
        note("ttclid", PLACEHOLDER)
        return None
    return value if value.isascii() and value.isprintable() and clean_text(value) == value else None
