"""The normal form: what the events of every provider are read into, whatever each calls them."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

STARTS: Final = {"trial_started": "trial_qualified", "subscription_started": "subscription_qualified"}
"""A start -> what it becomes where no ending came within the app's `qualified_delay_minutes`."""
ENDINGS: Final = frozenset({"cancellation", "expiration", "refund"})
REFUND: Final = "refund"
REFUND_REVERSED: Final = "refund_reversed"
"""The store took back the refund of a transaction."""

FAMILY_SHARE: Final = "family_share"
"""A start or sale of somebody who shares another person's purchase: nothing was sold."""

PROMOTIONAL: Final = "promotional"
"""A start or sale that the app's owner gave away: nothing was sold."""

Reading = Literal["event", "test", "ignored"]
"""event: kept and sent on. test: of a sandbox, it verifies the set-up and goes nowhere. ignored: says nothing of a
conversion, so it is answered and not kept as an event.
"""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whose event it is, and what is known of them."""

    install_id: str | None = None
    """Of the attribute `signalpost_install_id`."""
    ids: tuple[str, ...] = ()
    """Every id the provider names, the app's own before generated ones: the event joins by any of them."""
    external_id: str | None = None
    """The app's own id of the person; None where the provider knows only ids of its own making."""
    ip: str | None = None
    user_agent: str | None = None
    ttclid: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    """Where the provider says the person is; the app's own word goes before it."""


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment provider says of a refund; several messages may speak of the same one."""

    charge_id: str
    refund_id: str | None
    """None where only the charge's total is known."""
    amount: Decimal
    """Of this refund, or of all refunds of the charge so far where `refund_id` is None; in units of the currency."""
    dispute: bool = False
    """The buyer's bank took the money back."""


class SourceEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event as a provider's module read it."""

    reading: Reading
    event_id: str
    """The provider's own, the same on each of its retries."""
    type: str
    """As the provider calls it."""
    name: str
    """Of the normal form, or the provider's type in small letters where that has no place in it."""
    occurred_at: datetime | None = None
    value: Decimal | None = None
    """What was paid or refunded, never negative, in units of `currency`; None where no money moved."""
    currency: str | None = None
    value_usd: Decimal | None = None
    """The same in US dollars, where the provider names that sum, too."""
    proceeds: Decimal | None = None
    """Of a sale's value what is left after the store's fee and tax; None where the provider does not say."""
    transaction_id: str | None = None
    """Of this payment; a refund's is that of what is refunded."""
    subscription_id: str | None = None
    """The original transaction's: the same from start to end."""
    person: Person = Person()
    properties: dict[str, Any] = {}
    capture: Refund | None = None
    """All that was taken so far of a charge that may be told twice, or captured in several parts, in the same form."""
    captured_whole: bool = False
    """Of a hold: nothing of it is left that could still be released."""
    refund: Refund | None = None
    """Where refunds of one charge have to be told apart by their sums."""
    failure: Refund | None = None
    """A refund that did not go through after all, or was taken back."""


def first_purchase(price: Decimal | None, *, trial: bool) -> str:
    """What begins with a subscription's first purchase, by its price: a trial that is paid for is a sale, as an
    introductory price is, and one of unknown price is a trial.
    """
    if price is None:
        return "trial_started" if trial else "subscription_started"
    return "subscription_started" if price else "trial_started"
