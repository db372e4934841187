"""Every reason for which an event is not sent has its sentence."""

import pytest

from console.reason_words import reason_sentence
from forwarder.delivering import conversion
from forwarder.intake import revenue, routing


@pytest.mark.parametrize(
    "reason",
    [
        routing.NOT_MAPPED, routing.CONSENT_DENIED, routing.CONSENT_UNKNOWN, routing.NOT_ATTRIBUTED, routing.TOO_OLD,
        conversion.TOO_OLD, conversion.NOT_ATTRIBUTED, f"{revenue.REASON}stripe",
    ],
)  # fmt: skip
def test_a_reason_has_a_sentence(reason: str) -> None:
    assert reason_sentence(reason)


@pytest.mark.parametrize("reason", [None, "", "held: the token was refused"])
def test_what_says_it_all_has_none(reason: str | None) -> None:
    assert reason_sentence(reason) == ""
