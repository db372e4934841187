"""From a provider's event to the row it is kept as. Pure."""

import hashlib
from datetime import datetime
from typing import Any, Final

from forwarder.intake.identifiers import MAX_ID_CHARS
from forwarder.intake.times import EARLIEST, IN_FUTURE
from forwarder.intake.webhooks.normal import ENDINGS, REFUND, STARTS, Person, Refund, SourceEvent
from forwarder.intake.webhooks.reading import present
from ledger.events import NewEvent
from ledger.webhook_providers import PREFIXES, PROVIDERS, Provider

QUALIFIED: Final = ":qualified"
"""What a qualified event's id has behind its start's."""
ENDING_NAMES: Final = tuple(f"{prefix}_{name}" for prefix in PREFIXES for name in sorted(ENDINGS))


def event_row(app_id: str, provider: Provider, source: SourceEvent, received_at: datetime) -> NewEvent:
    """The event as it is stored, not yet joined to an install."""
    occurred_at, flags = _occurred(source.occurred_at, received_at)
    return NewEvent(
        app_id=app_id,
        event_id=event_id(provider, source),
        source=provider,
        name=f"{PROVIDERS[provider].prefix}_{source.name}",
        install_id=source.person.install_id,
        external_ids=source.person.ids,
        occurred_at=occurred_at,
        received_at=received_at,
        value=source.value,
        currency=source.currency,
        body=present(
            {
                "properties": source.properties,
                "value_usd": _usd(source),
                "proceeds": _proceeds(source),
                **_identity(source.person),
            }
        ),
        joined=False,
        flags=flags,
        subscription_id=source.subscription_id or source.transaction_id,
    )


def event_id(provider: Provider, source: SourceEvent) -> str:
    """`<provider>:<its id>`. A refund goes by what was refunded: one that is reported twice has two ids and is one."""
    if source.refund is not None:
        return refund_event_id(provider, source.refund)
    key = source.event_id
    if source.name == REFUND and source.transaction_id is not None and source.value is not None:
        key = f"refund:{source.transaction_id}:{source.value:f}"
    return _named(provider, key)


def refund_event_id(provider: Provider, refund: Refund) -> str:
    """Of what a payment provider says of a refund."""
    return _named(provider, refund.refund_id or f"{refund.charge_id}:{refund.amount.normalize():f}")


def _named(provider: Provider, key: str) -> str:
    named = f"{provider}:{key}"
    # room for what is added behind it
    if len(named) + len(QUALIFIED) <= MAX_ID_CHARS:
        return named
    return f"{provider}:{hashlib.sha256(key.encode()).hexdigest()}"


def qualified_name(provider: Provider, source: SourceEvent) -> str | None:
    """What the event becomes once it has proved itself; None where it is no start."""
    name = STARTS.get(source.name)
    return f"{PROVIDERS[provider].prefix}_{name}" if name is not None else None


def _occurred(at: datetime | None, received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The provider's time. What cannot be one, or lies ahead of ours, becomes ours: no event is refused for it."""
    if at is None or at < EARLIEST:
        return received_at, ()
    return (at, ()) if at <= received_at else (received_at, (IN_FUTURE,))


def _usd(source: SourceEvent) -> str | None:
    """As text, which JSON keeps exact; only beside a sum in another currency."""
    known = source.value is not None and source.currency != "USD" and source.value_usd is not None
    return f"{source.value_usd:f}" if known else None


def _proceeds(source: SourceEvent) -> str | None:
    return f"{source.proceeds:f}" if source.value is not None and source.proceeds is not None else None


def _identity(person: Person) -> dict[str, Any]:
    user = present({"email": person.email, "phone": person.phone, "external_id": person.external_id})
    own = {"ip": person.ip, "user_agent": person.user_agent, "ttclid": person.ttclid, "country": person.country}
    return {**own, "user": user or None}
