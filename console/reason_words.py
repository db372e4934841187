"""Why an event was kept and not sent, in a sentence with the way on: by the reason that its delivery has."""

from collections.abc import Mapping
from typing import Final

_SENTENCES: Final[Mapping[str, str]] = {
    "not mapped": "The app's event becomes none of TikTok's. A row under `signalpost mapping show` sends what comes "
    "after it; what was skipped stays so.",
    "consent denied": "The person denied what the pixel asks for: nothing of them goes to TikTok.",
    "consent unknown": "Nobody told the consent that the pixel asks for, and that counts as a no. "
    "`signalpost app show` says what it counts as.",
    "not attributed": "No click of ours is credited with its install, and events of attributed installs alone are "
    "sent. `signalpost app show` says which are.",
    "event older than event_max_age_days": "It came too late. `signalpost app show` says how old an event may be.",
    "revenue comes from": "A sale counts once: it is sent from the app's one source of revenue alone. "
    "`signalpost app show` says which that is.",
}


def reason_sentence(reason: str | None) -> str:
    """Empty where the reason says it all."""
    return next((text for begin, text in _SENTENCES.items() if (reason or "").startswith(begin)), "")
