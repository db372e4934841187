"""`--policy KEY=VALUE`: the app settings that decide about matches, tried without being set."""

from collections.abc import Callable, Mapping

import msgspec

from admin.refusal import refused_settings
from forwarder.directory import match_policy
from forwarder.matching.policy import Policy
from ledger.apps import AppSettings
from ledger.setting_values import check_known, parse_settings

POLICY_KEYS = (
    "match_threshold",
    "match_window_hours",
    "probabilistic_android",
    "probabilistic_ios",
    "referrer_window_days",
)


@refused_settings()
def tried_settings(current: AppSettings, assignments: Mapping[str, str]) -> AppSettings:
    """The settings with these changes; an empty value is the default.

    Raises:
        Refused: a key that is no setting of the matcher (the text lists them), or a value it does not allow.
    """
    for key in assignments:
        check_known(key, POLICY_KEYS)
    changes = parse_settings(AppSettings, assignments)
    defaults = msgspec.structs.asdict(AppSettings())
    changes = {key: defaults[key] if value is None else value for key, value in changes.items()}
    return msgspec.structs.replace(current, **changes)


def policies_of(settings: AppSettings) -> Callable[[str, str], Policy]:
    """The policy by app and platform: every app of the files is tried with the same settings."""
    policies = {platform: match_policy(settings, platform) for platform in ("ios", "android")}
    return lambda _app_id, platform: policies[platform]
