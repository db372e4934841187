"""The providers: how each proves who it is, and how its events are read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, get_args

from forwarder.intake.webhooks import adapty, revenuecat, stripe, superwall
from forwarder.intake.webhooks.authentication import (
    WebhookRequest,
    authorization_verbatim,
    stripe_signature,
    svix_signature,
)
from forwarder.intake.webhooks.normal import SourceEvent
from forwarder.intake.webhooks.reading import Fields
from ledger.webhook_events import SECRETS, Provider


@dataclass(frozen=True, slots=True)
class Source:
    """One provider."""

    provider: Provider
    authentic: Callable[[WebhookRequest, str], bool]
    """(request, secret) -> whether it comes from the provider."""
    read: Callable[[Fields], SourceEvent | None]
    """The event in a body; None where there is none that this version can read."""
    answer: Callable[[Fields], dict[str, object]] = lambda _: {}
    """What the answer to a body says besides that it was taken."""

    @property
    def secret(self) -> str:
        """The app's setting that holds what the provider signs with or sends along."""
        return SECRETS[self.provider]


SOURCES: Final[dict[str, Source]] = {
    source.provider: source
    for source in (
        Source("revenuecat", authorization_verbatim, revenuecat.read),
        Source("superwall", svix_signature, superwall.read),
        Source("adapty", authorization_verbatim, adapty.read, adapty.check_answer),
        Source("stripe", stripe_signature, stripe.read),
    )
}
assert set(SOURCES) == set(get_args(Provider))  # noqa: S101 - a provider added in one place only
