"""What looks like fraud or a faulty integration. A flag is stored and shown; it changes no credit.

Sources: TUNE and AppsFlyer on click-to-install times and click flooding, Adjust and 24metrics on injected clicks.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from clicks.record import Click
from forwarder.matching.install_facts import InstallFacts
from forwarder.matching.user_agents import read_user_agent
from forwarder.matching.verdict import Verdict

TOO_FAST_MS = 10_000
FLOOD_CLICKS = 20  # of one device within 72 h
MAX_INSTALLS_OF_TTCLID = 3
STORE_CLICK_APART_MS = 10 * 60_000

TOO_FAST = "click_to_install_under_10_s"
FLOODING = "click_flooding"
TTCLID_REUSED = "more_than_3_installs_of_one_ttclid"
STORE_TIME_DIFFERS = "store_click_time_differs"
OTHER_OS = "user_agent_of_another_os"


def credit_flags(facts: InstallFacts, click: Click, clicks_of_device: int) -> list[str]:
    """Flags of a credited click.

    Args:
        clicks_of_device: how often its device clicked within 72 h.
    """
    found = {
        TOO_FAST: facts.at_ms - click.at_ms < TOO_FAST_MS,
        FLOODING: clicks_of_device > FLOOD_CLICKS,
        STORE_TIME_DIFFERS: facts.referrer_click_server_ms is not None
        and abs(facts.referrer_click_server_ms - click.at_ms) > STORE_CLICK_APART_MS,
    }
    return [name for name, holds in found.items() if holds]


def flag_reused_ttclids(
    verdicts: Sequence[Verdict], app_ids: Sequence[str], installs: Mapping[tuple[str, str], int]
) -> list[Verdict]:
    """The verdicts, flagged where more than 3 installs of the app were credited with one ttclid.

    Args:
        app_ids: of each verdict's install.
        installs: (app_id, ttclid) -> installs that were credited with it before these.
    """
    counted = Counter(installs)
    flagged: list[Verdict] = []
    for verdict, app_id in zip(verdicts, app_ids, strict=True):
        ttclid = verdict.click.ttclid if verdict.click is not None else None
        if ttclid is not None:
            counted[app_id, ttclid] += 1
            if counted[app_id, ttclid] > MAX_INSTALLS_OF_TTCLID:
                flagged.append(msgspec.structs.replace(verdict, flags=(*verdict.flags, TTCLID_REUSED)))
                continue
        flagged.append(verdict)
    return flagged


def install_flags(facts: InstallFacts) -> list[str]:
    """Flags of an install, whatever it is credited to."""
    spoken = read_user_agent(facts.user_agent).os if facts.user_agent else "other"
    return [OTHER_OS] if spoken not in ("other", facts.platform) else []
