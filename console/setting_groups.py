"""The settings of an app as its page shows them: which belong together, what each is for, how it is typed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from admin.apps import App

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting, under the name that `signalpost app set` has for it."""

    name: str
    label: str
    hint: str = ""
    options: Options | None = None
    """(value, label) where only these can be."""
    type: str = "text"
    step: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class SettingGroup:
    """Settings that are saved together; `name` is that of the form."""

    name: str
    title: str
    sentence: str
    fields: tuple[SettingField, ...]


def text_of(value: Any) -> str:
    """A setting's value as it is typed in."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return "" if value is None else str(value)


def app_texts(app: App) -> dict[str, str]:
    """Name and settings of an app as they are typed in."""
    return {"name": app.name, **{name: text_of(getattr(app.settings, name)) for name in app.settings.__struct_fields__}}


def changed(typed: Mapping[str, str], present: Mapping[str, Any]) -> dict[str, str]:
    """What was typed and is not as it stands."""
    return {name: text for name, text in typed.items() if text != text_of(present.get(name))}


def _number(name: str, label: str, hint: str, step: str = "1") -> SettingField:
    return SettingField(name, label, hint, type="number", step=step, required=True)


_MATCHING: Final = (
    ("always", "always"),
    ("with_consent", "with consent"),
    ("never", "never"),
)

APP: Final = SettingGroup(
    "app",
    "App and stores",
    "Links lead to these store pages, unless a link has its own.",
    (
        SettingField("name", "Name", required=True),
        SettingField("ios_app_id", "App Store id", "The number in its App Store URL: `id1234567890` without the `id`."),
        SettingField("android_package", "Android package", "Its name on Google Play, such as `com.example.app`."),
        SettingField(
            "fallback_url",
            "Fallback URL",
            "For computers, and phones whose OS a link has no store for. Empty: a small page with both stores.",
            type="url",
        ),
    ),
)
REPORTS: Final = SettingGroup(
    "reports",
    "Numbers",
    "How days are cut, and in which currency money is counted where an event names none.",
    (
        SettingField(
            "timezone", "Time zone", "Such as `Europe/Berlin`. Empty: the ad account's once connected, else UTC."
        ),
        SettingField("currency", "Currency", "Three letters, such as `EUR`, for events with a value and no currency."),
        SettingField(
            "revenue_source",
            "Source of revenue",
            "Trials, subscriptions and sales are sent from this one alone, so that none counts twice.",
            (
                ("sdk", "the app itself (SDK)"),
                ("revenuecat", "RevenueCat"),
                ("superwall", "Superwall"),
                ("adapty", "Adapty"),
                ("stripe", "Stripe"),
            ),
        ),
    ),
)
SENDING: Final = SettingGroup(
    "sending",
    "What is sent to TikTok",
    "Holds for every pixel of the app. A pixel can be stricter.",
    (
        SettingField(
            "send",
            "Send",
            "TikTok learns more from all; with attributed alone, organic installs stay out.",
            (("all", "all events"), ("attributed", "events of attributed installs")),
        ),
        SettingField(
            "unmapped",
            "An event without a mapping",
            "TikTok cannot optimise for an event under a name of your own.",
            (("skip", "is not sent"), ("custom", "is sent under its own name")),
        ),
        SettingField(
            "consent_when_unknown",
            "Consent that nobody told",
            "What holds for a person whose app said neither granted nor denied.",
            (("allow", "counts as given"), ("deny", "counts as denied")),
        ),
        SettingField(
            "refund_event",
            "Refunds",
            "With the amount given back and the order it belongs to.",
            (("", "are not sent"), ("CancelOrder", "are sent as CancelOrder")),
        ),
        _number("qualified_delay_minutes", "Qualified after, minutes", "How long a trial must last to count."),
        _number("event_max_age_days", "Oldest event, days", "Older ones are kept and not sent; 28 at most."),
        SettingField(
            "generate_ttp",
            "TikTok's cookie _ttp",
            "Set on the link's own host where a visitor has none; one more thing for TikTok to match by.",
            (("true", "is set"), ("false", "is not set")),
        ),
    ),
)
MATCHING: Final = SettingGroup(
    "matching",
    "Matching",
    "When an install is credited to a click. Click ids and Play's referrer always count; the rest is a probability.",
    (
        SettingField(
            "probabilistic_ios",
            "By probability on iOS",
            "Consent is `marketing` granted or tracking authorised.",
            _MATCHING,
        ),
        SettingField(
            "probabilistic_android", "By probability on Android", "Consent is `marketing` granted.", _MATCHING
        ),
        _number("match_threshold", "Least probability", "0.9 = nine of ten such matches are right.", "any"),
        _number("match_window_hours", "Attribution window, hours", "How long before an install its click may lie."),
        _number("referrer_window_days", "Window of Play's referrer, days", "The same where Play names the click."),
    ),
)
HOSTS: Final = SettingGroup(
    "hosts",
    "Domains and deep links",
    "For links on a host of your own, and apps that open them. Several with commas between them.",
    (
        SettingField("domains", "Domains", "Host names that serve this app's links alone, such as `go.example.com`."),
        SettingField("app_schemes", "App schemes", "That links may lead to besides https, such as `exampleapp`."),
        SettingField("apple_app_id_prefix", "Apple app identifiers", "Such as `ABCDE12345.com.example.app`."),
        SettingField("android_cert_sha256", "Android certificates", "SHA-256 fingerprints of Play's app signing page."),
    ),
)
GROUPS: Final = (APP, REPORTS, SENDING, MATCHING, HOSTS)
