"""The rows an install becomes: its own, its event's, and what its events need to know of it. Pure."""

from collections.abc import Iterable
from typing import Any

import msgspec

from forwarder.intake.event_request import INSTALL_EVENT, INSTALL_PREFIX
from forwarder.intake.install_request import InstallReport
from forwarder.matching.verdict import Verdict
from ledger.events import NewEvent
from ledger.installs import Install, KnownInstall


def install_row(report: InstallReport, verdict: Verdict) -> Install:
    """The install with its match."""
    click = verdict.click
    return Install(
        app_id=report.app_id,
        install_id=report.install_id,
        platform=report.platform,
        occurred_at=report.occurred_at,
        received_at=report.received_at,
        body=report.body,
        match_method=verdict.method,
        match_probability=verdict.probability,
        match_reason=verdict.reason,
        match_detail=_flagged(verdict, report.flags),
        click_id=click.click_id if click is not None else None,
        click=msgspec.to_builtins(click) if click is not None else None,
        external_ids=report.external_ids,
    )


def install_event(install: Install, flags: tuple[str, ...]) -> NewEvent:
    """The install as an event: what becomes TikTok's Download."""
    return NewEvent(
        app_id=install.app_id,
        event_id=INSTALL_PREFIX + install.install_id,
        source="sdk",
        name=INSTALL_EVENT,
        install_id=install.install_id,
        external_ids=install.external_ids,
        occurred_at=install.occurred_at,
        received_at=install.received_at,
        value=None,
        currency=None,
        body={},
        joined=True,
        flags=flags,
    )


def known(install: Install) -> KnownInstall:
    return KnownInstall(install.app_id, install.install_id, install.match_method, install.body.get("consent", {}))


def rematched(install: Install, verdict: Verdict) -> Install:
    """An install whose match was pending, with its verdict."""
    click = verdict.click
    return msgspec.structs.replace(
        install,
        match_method=verdict.method,
        match_probability=verdict.probability,
        match_reason=verdict.reason,
        match_detail=_flagged(verdict, install.match_detail.get("flags", ())),
        click_id=click.click_id if click is not None else None,
        click=msgspec.to_builtins(click) if click is not None else None,
    )


def _flagged(verdict: Verdict, flags: Iterable[str]) -> dict[str, Any]:
    """The verdict's detail, with the flags that the report had before the verdict's own."""
    return verdict.detail() | {"flags": list(dict.fromkeys((*flags, *verdict.flags)))}
