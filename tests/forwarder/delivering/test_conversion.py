"""A claimed delivery becomes a conversion, or a reason why not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clicks.record import generated_ttp
from forwarder.delivering.conversion import CLOCK_SLOW, OUTSIDE_WINDOW, NotSent, conversion, objection
from forwarder.delivering.field_mapping import VALUE_UNREADABLE
from ledger.apps import AppSettings
from ledger.delivery_claims import Claimed
from ledger.field_mappings import FieldSources
from ledger.pixel_state import SendingPixel
from ledger.pixels import PixelSettings
from tests.forwarder.delivering.scene import CLICK, IPHONE, PUBLIC

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ANDROID = "Mozilla/5.0 (Linux; Android 14; SM-A536B) AppleWebKit/537.36"


def claimed(**changes: Any) -> Claimed:
    fields: dict[str, Any] = {
        "delivery_id": 1, "app_id": "app_1", "event_id": "sent", "target_event": "Purchase", "attempts": 0,
        "due_at": NOW, "takeovers": 0, "maybe_arrived_at": None, "payload": None, "occurred_at": NOW,
        "value": None, "currency": None, "event_body": {}, "external_ids": (), "install_id": "i1",
        "match_method": "none", "installed_at": NOW - timedelta(minutes=1), "install_body": {},
        "install_external_ids": (), "click": None,
    }  # fmt: skip
    return Claimed(**fields | changes)


def pixel(app: dict[str, Any] | None = None, fields: FieldSources | None = None, **settings: Any) -> SendingPixel:
    return SendingPixel(
        pixel_id="px_1", app_id="app_1", code="C1", token_encrypted=b"", test_event_code="", enabled=True, state="ok",
        paused_until=None, throttle_step=0, settings=PixelSettings(**settings), app_settings=AppSettings(**app or {}),
        link_slug="spring", fields=fields or {},
    )  # fmt: skip


def told(row: Claimed, to: SendingPixel | None = None) -> Any:
    return conversion(row, to or pixel(), PUBLIC, NOW)


@pytest.mark.parametrize(
    ("event", "install", "expected"),
    [
        ("denied", "granted", NotSent("suppressed", "consent denied")),
        (None, "denied", NotSent("suppressed", "consent denied")),
        ("granted", "denied", None),
        (None, None, None),
        ("unknown", None, None),
    ],
    ids=["event denies", "install denies", "event's own word counts", "nobody said", "unknown"],
)
def test_consent_is_the_events_own_or_else_the_installs(
    event: str | None, install: str | None, expected: NotSent | None
) -> None:
    row = claimed(
        event_body={"consent": {"marketing": event}} if event else {},
        install_body={"consent": {"marketing": install}} if install else {},
    )
    assert objection(row, pixel(), NOW) == expected


@pytest.mark.parametrize("consent", [{}, {"marketing": "unknown"}], ids=["absent", "unknown"])
def test_an_app_may_take_silence_for_a_no(consent: dict[str, str]) -> None:
    row = claimed(event_body={"consent": consent})
    expected = NotSent("suppressed", "consent unknown")
    assert objection(row, pixel(app={"consent_when_unknown": "deny"}), NOW) == expected


def test_every_category_the_pixel_names_must_not_be_denied() -> None:
    row = claimed(event_body={"consent": {"marketing": "granted", "profiling": "denied"}})
    assert objection(row, pixel(), NOW) is None
    strict = pixel(consent_categories=("marketing", "profiling"))
    assert objection(row, strict, NOW) == NotSent("suppressed", "consent denied")


def test_what_five_workers_did_not_come_back_from_is_dead() -> None:
    assert objection(claimed(takeovers=4), pixel(), NOW) is None
    stopped = objection(claimed(takeovers=5), pixel(), NOW)
    assert stopped == NotSent("dead", "5 workers in a row did not come back from sending it")


def test_an_event_past_the_age_limit_is_dead() -> None:
    old = claimed(occurred_at=NOW - timedelta(days=7, seconds=1))
    assert objection(old, pixel(), NOW) == NotSent("dead", "event older than event_max_age_days")
    assert objection(old, pixel(app={"event_max_age_days": 8}), NOW) is None


def test_what_may_have_arrived_47_hours_ago_is_not_sent_again() -> None:
    row = claimed(maybe_arrived_at=NOW - timedelta(hours=47))
    assert objection(row, pixel(), NOW) == NotSent("dead", "gave up after 47 h")


@pytest.mark.parametrize(
    ("app", "own", "expected"),
    [
        ("attributed", None, NotSent("skipped", "not attributed")),
        ("all", "attributed", NotSent("skipped", "not attributed")),
        ("attributed", "all", None),
    ],
    ids=["the app's", "the pixel's", "the pixel's comes first"],
)
def test_send_attributed_skips_what_no_click_belongs_to(app: str, own: Any, expected: NotSent | None) -> None:
    to = pixel(app={"send": app}, send=own)
    assert objection(claimed(), to, NOW) == expected
    assert objection(claimed(click=CLICK), to, NOW) is None


def test_send_attributed_waits_for_a_match_that_is_pending() -> None:
    waiting = objection(claimed(match_method="pending"), pixel(send="attributed"), NOW)
    assert waiting == NotSent("due", "waiting for match", NOW + timedelta(minutes=1))


def test_the_click_brings_its_id_and_its_page() -> None:
    conversion_told = told(claimed(click=CLICK))
    assert conversion_told.ttclid == "E.C.P.abc"
    assert conversion_told.page_url == f"{PUBLIC}/spring?campaign_id=1&ttclid=E.C.P.abc"


def test_without_a_click_the_page_is_a_link_of_the_app() -> None:
    assert told(claimed()).page_url == f"{PUBLIC}/spring"


def test_the_page_stands_on_the_apps_own_domain() -> None:
    own = pixel(app={"domains": ("go.tea.example", "t.tea.example")})
    assert told(claimed(), own).page_url == f"{PUBLIC.partition('://')[0]}://go.tea.example/spring"


@pytest.mark.parametrize(
    ("event", "install", "click", "expected"),
    [
        ({"ip": "1.1.1.1"}, {"ip": "2.2.2.2"}, {}, "1.1.1.1"),
        ({}, {"ip": "2.2.2.2"}, {}, "2.2.2.2"),
        ({}, {}, {}, "203.0.113.7"),
        ({"ip": "10.0.0.5"}, {"ip": "2.2.2.2"}, {}, "2.2.2.2"),
        ({"ip": "10.0.0.5"}, {"ip": "127.0.0.1"}, {"macro_ip": "8.8.4.4"}, "8.8.4.4"),
    ],
    ids=["event", "install", "click", "event's is private", "only the click's macro has a public one"],
)
def test_the_address_is_the_events_or_the_installs_or_the_clicks(
    event: dict[str, str], install: dict[str, str], click: dict[str, str], expected: str
) -> None:
    assert told(claimed(event_body=event, install_body=install, click=CLICK | click)).ip == expected


@pytest.mark.parametrize(
    ("event", "install", "click", "expected"),
    [
        (ANDROID, "okhttp/4", CLICK, ANDROID),
        ("okhttp/4", ANDROID, CLICK, ANDROID),
        ("okhttp/4", "CFNetwork", CLICK, IPHONE),
        ("okhttp/4", "CFNetwork", None, "okhttp/4"),
        (None, None, None, None),
    ],
    ids=["event's browser", "install's browser", "click's", "what there is", "none"],
)
def test_a_browsers_name_comes_before_an_http_librarys(
    event: str | None, install: str | None, click: Any, expected: str | None
) -> None:
    row = claimed(event_body={"user_agent": event}, install_body={"user_agent": install}, click=click)
    assert told(row).user_agent == expected


@pytest.mark.parametrize(
    ("user", "event_ids", "install_ids", "expected"),
    [
        ({"external_id": "u1"}, ("u2",), ("u3",), "u1"),
        ({}, ("$RCAnonymousID:1",), ("u3",), "u3"),
        ({}, ("$RCAnonymousID:1",), (), "i1"),
    ],
    ids=["user's", "install's", "install id"],
)
def test_the_external_id_is_the_apps_or_else_the_install_id(
    user: Any, event_ids: tuple[str, ...], install_ids: tuple[str, ...], expected: str
) -> None:
    row = claimed(install_body={"user": user}, external_ids=event_ids, install_external_ids=install_ids)
    assert told(row).external_id == expected


def test_each_field_of_the_user_is_the_events_or_else_the_installs() -> None:
    row = claimed(
        event_body={"user": {"email": "e@x.com", "city": ""}},
        install_body={"user": {"email": "i@x.com", "phone": "+1", "city": "Rome"}},
    )
    assert (told(row).email, told(row).phone, told(row).city) == ("e@x.com", "+1", "Rome")


def test_the_locale_is_the_devices_or_else_the_clicks_first_language() -> None:
    assert told(claimed(install_body={"device": {"locale": "de-AT"}}, click=CLICK)).locale == "de-AT"
    assert told(claimed(click=CLICK)).locale == "en-GB"
    assert told(claimed()).locale is None


def test_a_value_without_a_currency_has_the_apps() -> None:
    euro = pixel(app={"currency": "EUR"})
    assert told(claimed(value=Decimal("9.99")), euro).currency == "EUR"
    assert told(claimed(value=Decimal("9.99"), currency="USD"), euro).currency == "USD"
    assert told(claimed(), euro).currency is None


def test_an_event_is_never_said_to_be_in_the_future() -> None:
    assert told(claimed(occurred_at=NOW + timedelta(hours=1))).event_time == int(NOW.timestamp())


CLICKED = NOW - timedelta(minutes=2)
CLICKED_S = int(CLICKED.timestamp())


@pytest.mark.parametrize(
    ("occurred", "installed", "event_time", "notes"),
    [
        (timedelta(hours=-1), timedelta(hours=-1), CLICKED_S + 1, (CLOCK_SLOW,)),
        (timedelta(minutes=-30), timedelta(hours=-1), CLICKED_S + 1, (CLOCK_SLOW,)),
        (timedelta(seconds=1), timedelta(hours=-1), CLICKED_S + 1, ()),
        (timedelta(minutes=1), timedelta(0), CLICKED_S + 60, ()),
        (timedelta(hours=-2), timedelta(hours=-1), CLICKED_S - 7200, ()),
    ],
    ids=["the install", "a later event", "at the click", "after the click", "before the install"],
)
def test_what_an_install_did_is_never_said_to_lie_before_the_click_that_brought_it(
    occurred: timedelta, installed: timedelta, event_time: int, notes: tuple[str, ...]
) -> None:
    click = CLICK | {"at_ms": CLICKED_S * 1000 + 1}
    row = told(claimed(occurred_at=CLICKED + occurred, installed_at=CLICKED + installed, click=click))
    assert (row.event_time, row.notes) == (event_time, notes)


def test_a_generated_ttp_is_left_out_where_the_app_says_so() -> None:
    click = CLICK | {"ttp": generated_ttp(CLICK["click_id"])}
    assert told(claimed(click=click)).ttp == click["ttp"]
    assert told(claimed(click=click), pixel(app={"generate_ttp": False})).ttp is None
    assert told(claimed(click=click | {"ttp": "own"}), pixel(app={"generate_ttp": False})).ttp == "own"


def test_limited_data_use_is_the_events_or_else_the_installs() -> None:
    assert told(claimed(install_body={"limited_data_use": True})).limited_data_use is True
    row = claimed(event_body={"limited_data_use": False}, install_body={"limited_data_use": True})
    assert told(row).limited_data_use is False


def test_a_providers_country_counts_where_nothing_better_is_known() -> None:
    assert told(claimed(event_body={"country": "de"})).country == "de"
    assert told(claimed(event_body={"country": "de"}, install_body={"user": {"country": "at"}})).country == "at"


@pytest.mark.parametrize(
    ("age", "notes"), [(timedelta(days=28), ()), (timedelta(days=28, seconds=1), (OUTSIDE_WINDOW,))]
)
def test_an_event_later_than_28_days_after_its_click_is_sent_and_flagged(
    age: timedelta, notes: tuple[str, ...]
) -> None:
    click = CLICK | {"at_ms": int((NOW - age).timestamp() * 1000)}
    assert told(claimed(click=click)).notes == notes
    assert told(claimed(click=click)).ttclid == "E.C.P.abc"


@pytest.mark.parametrize(
    ("event", "install", "expected"),
    [
        ({"ttclid": "own"}, {"ttclid": "install's"}, "own"),
        ({}, {"ttclid": "install's"}, "install's"),
        ({"ttclid": "x" * 1001}, {}, "E.C.P.abc"),
        ({"ttclid": "é"}, {}, "E.C.P.abc"),
    ],
    ids=["event", "install", "too long", "not printable ASCII"],
)
def test_a_ttclid_the_app_hands_over_comes_before_the_clicks(
    event: dict[str, str], install: dict[str, str], expected: str
) -> None:
    assert told(claimed(event_body=event, install_body=install, click=CLICK)).ttclid == expected


def test_mapped_fields_come_before_the_events_own() -> None:
    row = claimed(
        value=Decimal(1),
        currency="USD",
        event_body={"properties": {"total": 7, "order_id": "own", "mail": "m@x.com"}, "user": {"email": "e@x.com"}},
    )
    fields: FieldSources = {"value": ("properties.total",), "email": ("properties.mail",), "order_id": ("user.none",)}
    sent = told(row, pixel(fields=fields))
    assert (sent.value, sent.currency, sent.email) == (Decimal(7), "USD", "m@x.com")
    assert sent.properties["order_id"] == "own"


def test_a_mapped_value_that_cannot_be_read_leaves_the_events_own_and_is_said() -> None:
    row = claimed(value=Decimal(1), currency="USD", event_body={"properties": {"total": "9,99"}})
    sent = told(row, pixel(fields={"value": ("properties.total",)}))
    assert (sent.value, sent.currency, sent.notes) == (Decimal(1), "USD", (VALUE_UNREADABLE,))
