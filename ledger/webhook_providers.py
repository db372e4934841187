"""The subscription platforms and payment providers that post webhooks, and what is to be known of each."""

from dataclasses import dataclass
from typing import Final, Literal

Provider = Literal["revenuecat", "superwall", "adapty", "stripe"]
RevenueSource = Literal["sdk", Provider]
"""Where an app's trials, subscriptions and sales come from."""
Proof = Literal["authorization", "svix", "stripe"]
"""How a webhook shows that it comes from its provider; `forwarder.intake.webhooks.authentication` checks it."""


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What the product goes by, beside how the provider's bodies are read."""

    secret: str
    """The app's write-only setting that it signs with or sends along; a provider whose one is set is connected."""
    prefix: str
    """What its source events begin with, in front of `_` and the name of the normal form (or its own)."""
    proof: Proof
    trials: bool = True
    """Whether it knows of trials; a payment provider sees payments only."""


PROVIDERS: Final[dict[Provider, ProviderFacts]] = {
    "revenuecat": ProviderFacts("revenuecat_authorization", "rc", "authorization"),
    "superwall": ProviderFacts("superwall_secret", "sw", "svix"),
    "adapty": ProviderFacts("adapty_authorization", "adapty", "authorization"),
    "stripe": ProviderFacts("stripe_signing_secret", "stripe", "stripe", trials=False),
}
PREFIXES: Final = tuple(facts.prefix for facts in PROVIDERS.values())
SECRETS: Final = tuple(facts.secret for facts in PROVIDERS.values())

SALES: Final = frozenset({"subscription_started", "trial_converted", "renewal", "one_time"})
"""Of the normal form: the events whose value is revenue."""
SALE_EVENTS: Final = tuple(f"{prefix}_{name}" for prefix in PREFIXES for name in sorted(SALES))
"""The same as source events."""
TRIAL_EVENTS: Final = tuple(f"{facts.prefix}_trial_started" for facts in PROVIDERS.values() if facts.trials)
"""The source events that say that a trial began."""
REFUND_EVENTS: Final = tuple(f"{prefix}_refund" for prefix in PREFIXES)
"""The source events whose value was paid back."""
