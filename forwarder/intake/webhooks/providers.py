"""The providers: how the events of each are read, and whether a webhook is its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from forwarder.intake.webhooks import adapty, revenuecat, stripe, superwall
from forwarder.intake.webhooks.authentication import AUTHENTIC, WebhookRequest
from forwarder.intake.webhooks.normal import SourceEvent
from forwarder.intake.webhooks.reading import Fields
from ledger.webhook_providers import PROVIDERS, Provider


@dataclass(frozen=True, slots=True)
class Source:
    """One provider."""

    provider: Provider
    read: Callable[[Fields], SourceEvent | None]
    """The event in a body; None where there is none that this version can read."""
    answer: Callable[[Fields], dict[str, object]] = lambda _: {}
    """What the answer to a body says besides that it was taken."""

    @property
    def secret(self) -> str:
        """The app's setting that holds what the provider signs with or sends along."""
        return PROVIDERS[self.provider].secret

    def authentic(self, posted: WebhookRequest, secret: str) -> bool:
        """Whether it comes from the provider."""
        return AUTHENTIC[PROVIDERS[self.provider].proof](posted, secret)


SOURCES: Final[dict[str, Source]] = {
    source.provider: source
    for source in (
        Source("revenuecat", revenuecat.read),
        Source("superwall", superwall.read),
        Source("adapty", adapty.read, adapty.check_answer),
        Source("stripe", stripe.read),
    )
}
assert SOURCES.keys() == PROVIDERS.keys()  # noqa: S101 - a provider added in one place only
