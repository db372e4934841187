"""What is answered, always made from what is stored: the same install gives the same answer, whoever asks and when."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from forwarder.intake.routing import PENDING
from ledger.installs import Install

ERASED = "erased"


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """The click an install is credited to; everything but method and reason is null where there is none."""

    method: str
    """referrer | click_id | probabilistic | none."""
    probability: float | None = None
    reason: str = ""
    """Why no click is credited; empty where one is."""
    click_id: str | None = None
    clicked_at: datetime | None = None
    campaign_id: str | None = None
    campaign_name: str | None = None
    adgroup_id: str | None = None
    adgroup_name: str | None = None
    ad_id: str | None = None
    ad_name: str | None = None
    creative_id: str | None = None
    creative_name: str | None = None
    link: str | None = None
    """Slug of the Signal link."""


class InstallAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `POST /v1/installs`."""

    install_id: str
    attributed: bool
    match: Match


_AD = (
    "campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_id", "ad_name",
    "creative_id", "creative_name", "link",
)  # fmt: skip


def install_answer(install: Install) -> InstallAnswer:
    """The answer for a stored install."""
    if install.click is None:
        method = "none" if install.match_method == PENDING else install.match_method
        match = Match(method=method, probability=install.match_probability, reason=install.match_reason)
        return InstallAnswer(install_id=install.install_id, attributed=False, match=match)
    ad: dict[str, Any] = {name: install.click.get(name) for name in _AD}
    match = Match(
        method=install.match_method,
        probability=install.match_probability,
        reason=install.match_reason,
        click_id=install.click_id,
        clicked_at=datetime.fromtimestamp(install.click["at_ms"] / 1000, UTC),
        **ad,
    )
    return InstallAnswer(install_id=install.install_id, attributed=True, match=match)


def erased_answer(install_id: str) -> InstallAnswer:
    """The answer for an install that was erased: nothing of it is stored or sent again."""
    return InstallAnswer(install_id=install_id, attributed=False, match=Match(method="none", reason=ERASED))


class EventsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `POST /v1/events`."""

    accepted: int
    duplicates: int
    rejected: list["RejectedRow"]


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was not taken; the others of its list were."""

    index: int
    """Its place in the list, from 0."""
    field: str
    message: str
