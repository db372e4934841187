"""Every form that edits a record, with what somebody else changes meanwhile; and those that edit none, with why."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from admin.apps import rotate_key, set_app
from admin.links import set_link
from admin.mappings import map_events, map_fields
from admin.pixels import set_pixel
from admin.session import Session
from admin.tiktok_accounts import use_advertiser
from admin.users import Role, set_password, set_role
from tests.account_sandbox import COFFEE, TEA

APP: Final = "/apps/{app_id}"
EMAIL: Final = "viewer@example.com"
OTHER_PASSWORD: Final = "another-kettle-on-the-stove"
SECRET: Final = "whsec_" + "a" * 32
TOKEN: Final = "another-token-of-the-events-api-0123456789"

Ids = Mapping[str, str]
Meanwhile = Callable[[Session, Ids], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class EditForm:
    """One form, filled in, and the change behind its back."""

    path: str
    act: str
    meanwhile: Meanwhile
    typed: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    then: str = ""
    """What stood in a field that is changed; of a secret nothing that could be told beforehand."""
    now: str = ""


def app_is_given(**settings: str) -> Meanwhile:
    return lambda session, ids: set_app(session, ids["app_id"], settings)


def pixel_is_given(**settings: str) -> Meanwhile:
    return lambda session, ids: set_pixel(session, ids["pixel_id"], settings, validate=False)


def _link(session: Session, ids: Ids) -> Awaitable[Any]:
    return set_link(session, ids["slug"], {"click_cap": "77"})


def _key(session: Session, ids: Ids) -> Awaitable[Any]:
    return rotate_key(session, ids["app_id"])


def _rows(session: Session, ids: Ids) -> Awaitable[Any]:
    return map_events(session, ids["app_id"], "", {"sign_up": "Lead"})


def _fields(session: Session, ids: Ids) -> Awaitable[Any]:
    return map_fields(session, ids["app_id"], "", {"value": "properties.total"})


def _role(session: Session, ids: Ids) -> Awaitable[Any]:
    return set_role(session, EMAIL, Role.EDITOR)


def _password(session: Session, ids: Ids) -> Awaitable[Any]:
    return set_password(session, EMAIL, OTHER_PASSWORD)


def _advertiser(session: Session, ids: Ids) -> Awaitable[Any]:
    return use_advertiser(session, ids["app_id"], COFFEE)


SETTINGS: Final = f"{APP}/settings"
PIXEL: Final = f"{APP}/pixels/{{pixel_id}}"
SOURCES: Final = f"{APP}/sources"
MAPPING: Final = f"{APP}/mapping"

EDIT_FORMS: Final = (
    EditForm(SETTINGS, "app", app_is_given(ios_app_id="55"), {"name": "Kettle"}, then="11", now="55"),
    EditForm(SETTINGS, "reports", app_is_given(currency="USD"), {"timezone": "Asia/Tokyo"}, then="EUR", now="USD"),
    EditForm(SETTINGS, "sending", app_is_given(event_max_age_days="9"), {"unmapped": "custom"}, then="7", now="9"),
    EditForm(SETTINGS, "matching", app_is_given(match_window_hours="48"), {"match_threshold": "0.8"}, "", "24", "48"),
    EditForm(SETTINGS, "hosts", app_is_given(app_schemes="teatimer"), {"domains": "go.tea.example"}, now="teatimer"),
    EditForm(SETTINGS, "rotate", _key, {"name": "Tea Timer"}),
    EditForm(f"{APP}/links/{{slug}}", "save", _link, {"fallback_url": "https://tea.example.com"}, now="77"),
    EditForm(PIXEL, "save", pixel_is_given(send="attributed"), {"name": "Main"}, now="attributed"),
    EditForm(PIXEL, "end-test-mode", pixel_is_given(test_event_code="TEST99"), then="TEST11", now="TEST99"),
    EditForm(PIXEL, "token", pixel_is_given(token=TOKEN), {"token": TOKEN + "9", "unchecked": "yes"}),
    EditForm(MAPPING, "rows", _rows, {"to.purchase": "Subscribe"}, then="CompleteRegistration", now="Lead"),
    EditForm(MAPPING, "preset", _rows, {"preset": "retail"}, then="CompleteRegistration", now="Lead"),
    EditForm(MAPPING, "field", _fields, {"field": "value", "paths": "properties.sum"}, now="properties.total"),
    EditForm(SOURCES, "secret", app_is_given(adapty_authorization=SECRET), {"signing_secret": SECRET + "9"}, "adapty"),
    EditForm(SOURCES, "forget", app_is_given(adapty_authorization=SECRET), key="adapty"),
    EditForm(
        SOURCES, "revenue", app_is_given(revenue_source="stripe"), {"revenue_source": "adapty"}, "", "sdk", "stripe"
    ),
    EditForm("/users", "role", _role, {"role": "owner"}, EMAIL, "viewer", "editor"),
    EditForm("/users", "password", _password, {"password": OTHER_PASSWORD + "9"}, EMAIL),
    EditForm(f"{APP}/tiktok", "use", _advertiser, key=TEA, now=COFFEE),
    EditForm(f"{APP}/tiktok", "disconnect", _advertiser, now=COFFEE),
    EditForm(f"{APP}/setup", "stores", app_is_given(ios_app_id="55"), {"android_package": "com.tea"}, "", "11", "55"),
)

_NEW: Final = "makes something new"
_ASKS: Final = "asks TikTok, and changes no setting"
_STATE: Final = "a button that says the state it leads to, whatever stood before"
_OWN: Final = "one's own: there is nobody else"
_GONE: Final = "takes away for good what it names"

EDIT_NOTHING: Final[Mapping[tuple[str, str], str]] = {
    ("/apps/new", "create"): _NEW,
    ("/setup", "setup"): _NEW,
    ("/users", "create"): _NEW,
    (f"{APP}/links", "create"): _NEW,
    (f"{APP}/pixels", "add"): _NEW,
    (f"{APP}/setup", "pixel"): _NEW,
    (f"{APP}/setup", "link"): _NEW,
    (f"{APP}/setup", "launch"): "begins to wait from now on",
    (f"{APP}/setup", "validate"): _ASKS,
    (f"{APP}/setup", "test"): _ASKS,
    (PIXEL, "validate"): _ASKS,
    (PIXEL, "test"): _ASKS,
    (f"{APP}/tiktok", "read-again"): _ASKS,
    (f"{APP}/tiktok", "look"): _ASKS,
    (f"{APP}/tiktok", "sync"): _ASKS,
    ("/health", "ask-tiktok"): _ASKS,
    ("/users", "disable"): _STATE,
    ("/users", "enable"): _STATE,
    (f"{APP}/links", "disable"): _STATE,
    (f"{APP}/links", "enable"): _STATE,
    (f"{APP}/links/{{slug}}", "disable"): _STATE,
    (f"{APP}/links/{{slug}}", "enable"): _STATE,
    (PIXEL, "disable"): _STATE,
    (PIXEL, "enable"): _STATE,
    ("/login", "login"): _OWN,
    ("/logout", "logout"): _OWN,
    ("/account", "password"): _OWN,
    ("/account", "end"): _OWN,
    ("/account", "end-others"): _OWN,
    ("/demo", "clear"): _GONE,
    (f"{APP}/installs", "erase"): _GONE,
    (f"{APP}/installs/{{install_id}}", "erase"): _GONE,
    (f"{APP}/clicks/{{click_id}}", "erase"): _GONE,
    (f"{APP}/deliveries", "again"): "sends again, by the state that stands then",
    (f"{APP}/deliveries", "all-again"): "sends again, by the state that stands then",
    (f"{APP}/deliveries/{{delivery_id}}", "again"): "sends again, by the state that stands then",
}
