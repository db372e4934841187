"""The `consent` object of installs and events: what a person allowed, by category."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from forwarder.errors import FieldError
from forwarder.intake.revenue import SDK
from forwarder.intake.set_aside import NO_ANSWER, NO_CATEGORY, note

ANSWERS: Final = ("granted", "denied", "unknown")
OF_APPLE: Final = ("authorized", "denied", "restricted", "not_determined")
NAMED: Final = {"marketing": ANSWERS, "att_status": OF_APPLE}
SAID: Final = {True: "granted", False: "denied"}
MAX_CATEGORIES: Final = 40

DESCRIBES: Final = ("ip", "user_agent", "user", "properties")
"""What of an event's body says who somebody is, or what they did it with: an app's own properties may hold anything."""

_CATEGORY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)  # as a pixel's `consent_categories` may name it
_PROPERTIES = {name: {"enum": [*words, None]} for name, words in NAMED.items()}

Consent = Annotated[
    dict[str, Any],
    msgspec.Meta(
        description="What the person allowed. `marketing` is what pixels ask for by default; any other category that a"
        " pixel's `consent_categories` names is answered by `granted`, `denied` or `unknown`, too.",
        extra_json_schema={"properties": _PROPERTIES},
    ),
]


def consent_fields(consent: Mapping[str, Any] | None) -> dict[str, str]:
    """What was said; an absent answer is left out, and so is what is neither a category nor an answer to one.

    Raises:
        FieldError: `marketing` or `att_status` is answered by a word that it has not, or there are too many categories.
    """
    if not consent:
        return {}
    if len(consent) > MAX_CATEGORIES:
        raise FieldError("consent", f"must have at most {MAX_CATEGORIES} categories")
    answers = {name: _answer(name, value) for name, value in consent.items() if value is not None}
    return {name: answer for name, answer in answers.items() if answer is not None}


def _answer(name: str, value: Any) -> str | None:
    words = NAMED.get(name)
    if words is not None:
        if value not in words:
            raise FieldError(f"consent.{name}", f"must be {', '.join(words[:-1])} or {words[-1]}")
        return str(value)
    if not _CATEGORY.fullmatch(name):
        note("consent", NO_CATEGORY)  # `Marketing` is none: whoever sent it has to learn that nobody heard it
        return None
    answer = value.strip().lower() if isinstance(value, str) else SAID.get(value) if isinstance(value, bool) else None
    if answer not in ANSWERS:
        note("consent", NO_ANSWER)
        return None
    return answer


def undescribed(body: Mapping[str, Any], source: str) -> dict[str, Any]:
    """An event's body of somebody who said no. A subscription platform's properties stay: they are ids of an order and
    of what was bought, by which its refund is found.
    """
    gone = DESCRIBES if source == SDK else DESCRIBES[:-1]
    return {name: value for name, value in body.items() if name not in gone}
