"""Which of the clicks behind an install's addresses could have brought it at all."""

from collections.abc import Set

import msgspec

from clicks.record import Click
from forwarder.matching.click_ids import SKEW_MS, began_before
from forwarder.matching.devices import AddressActivity, Device
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.policy import Policy

HOUR_MS = 3_600_000
TAKEN = "credited to another install"
LOOK_ALIKES_AFTER = 5  # devices on an address


class Eligible(msgspec.Struct, frozen=True, gc=False):
    """A device's clicks that can be credited to the install at hand."""

    device: Device
    clicks: tuple[Click, ...]


def eligible(
    facts: InstallFacts, activity: AddressActivity, consumed: Set[str], policy: Policy
) -> tuple[list[Eligible], dict[str, str]]:
    """Who can be credited, and why the others cannot: click_id -> reason."""
    ruled_out: dict[str, str] = {}
    left: list[Eligible] = []
    for device in activity.devices:
        own: list[Click] = []
        spent = False
        for click in device.clicks:
            # what another app's install took says nothing of this app: people install several from ads
            is_taken = click.app_id == facts.app_id and click.click_id in consumed
            # the earlier clicks of a device that installed are spent; where look-alikes are many, they may be another's
            spent = spent or (is_taken and device.address.devices <= LOOK_ALIKES_AFTER)
            reason = TAKEN if spent or is_taken else _ruled_out(click, device, facts, policy)
            if reason:
                ruled_out[click.click_id] = reason
            else:
                own.append(click)
        if own:
            left.append(Eligible(device, tuple(own)))
    return left, ruled_out


def _ruled_out(click: Click, device: Device, facts: InstallFacts, policy: Policy) -> str:
    """Why this click cannot have brought the install; empty where it can."""
    if click.app_id != facts.app_id:
        return "another app's click"
    if device.phone.phone.os != facts.platform:
        return "another OS"
    if not facts.at_ms - policy.window_hours * HOUR_MS <= click.at_ms <= facts.at_ms + SKEW_MS:
        return "outside the window"
    return "the download began before the click" if began_before(click, facts.install_begin_server_ms) else ""
