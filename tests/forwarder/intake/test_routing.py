"""What state a delivery begins with, by table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forwarder.intake.routing import JOIN_GRACE, Destination, deliveries, destination, target_event
from ledger.apps import AppSettings
from ledger.deliveries import NewDelivery
from ledger.events import NewEvent
from ledger.installs import KnownInstall
from ledger.pixels import Pixel, PixelSettings
from tiktok.payload import sent_event_id

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ASK = {"marketing": "granted"}
REFUSE = {"marketing": "denied"}


def to(**values: Any) -> Destination:
    given: dict[str, Any] = {
        "pixel_id": "px", "targets": {}, "unmapped": "skip", "consent_categories": ("marketing",),
        "consent_when_unknown": "allow", "send": "all", "max_age": timedelta(days=7),
    }  # fmt: skip
    return Destination(**(given | values))


def event(name: str = "purchase", consent: dict[str, str] | None = None, age: timedelta = timedelta()) -> NewEvent:
    body = {"consent": consent} if consent is not None else {}
    return NewEvent("app", "e", "sdk", name, "i", (), NOW - age, NOW, None, None, body, True, ())


def install(method: str = "referrer", **consent: str) -> KnownInstall:
    return KnownInstall("app", "i", method, consent)


def only(made: Any) -> NewDelivery:
    [one] = list(made)
    assert isinstance(one, NewDelivery)
    return one


@pytest.mark.parametrize(
    ("given", "known", "where", "state", "reason"),
    [
        (event(), install(), to(), "due", ""),
        (event(), None, to(), "due", "waiting for install"),
        (event(), install("pending"), to(), "due", "waiting for install"),
        (event("level_up"), install(), to(), "skipped", "not mapped"),
        (event("level_up"), install(), to(unmapped="custom"), "due", ""),
        (event(), install(), to(targets={"purchase": ""}), "skipped", "not mapped"),
        (event(consent=REFUSE), install(), to(), "suppressed", "consent denied"),
        (event(consent=REFUSE), None, to(), "suppressed", "consent denied"),
        (event(), install(**REFUSE), to(), "suppressed", "consent denied"),
        (event(consent=ASK), install(**REFUSE), to(), "due", ""),
        (event(consent=REFUSE), install(), to(consent_categories=()), "due", ""),
        (event(), install(), to(consent_when_unknown="deny"), "suppressed", "consent unknown"),
        (event(), None, to(consent_when_unknown="deny"), "due", "waiting for install"),
        (event(consent=ASK), install(), to(consent_when_unknown="deny"), "due", ""),
        (event(consent=ASK), install(), to(consent_categories=("marketing", "ads"), consent_when_unknown="deny"),
         "suppressed", "consent unknown"),
        (event(), install("none"), to(send="attributed"), "skipped", "not attributed"),
        (event(), install("probabilistic"), to(send="attributed"), "due", ""),
        (event(), install("pending"), to(send="attributed"), "due", "waiting for install"),
        (event(), None, to(send="attributed"), "due", "waiting for install"),
        (event(age=timedelta(days=7)), install(), to(), "due", ""),
        (event(age=timedelta(days=7, seconds=1)), install(), to(), "dead", "event older than event_max_age_days"),
    ],
)  # fmt: skip
def test_a_delivery_begins_in_the_state_its_event_install_and_pixel_give_it(
    given: NewEvent, known: KnownInstall | None, where: Destination, state: str, reason: str
) -> None:
    delivery = only(deliveries(given, known, (where,)))
    assert (delivery.state, delivery.reason) == (state, reason)
    expected = None if state != "due" else NOW + (JOIN_GRACE if reason else timedelta())
    assert delivery.next_attempt_at == expected


def test_the_id_that_is_sent_depends_on_app_event_and_target() -> None:
    delivery = only(deliveries(event(), install(), (to(targets={"purchase": "Subscribe"}),)))
    assert (delivery.source_event_id, delivery.target_event) == ("e", "Subscribe")
    assert delivery.event_id == sent_event_id("app", "e", "Subscribe")


def test_each_destination_gets_its_own_delivery() -> None:
    made = list(deliveries(event(), install(), (to(pixel_id="a"), to(pixel_id="b", targets={"purchase": ""}))))
    assert [(one.pixel_id, one.state) for one in made] == [("a", "due"), ("b", "skipped")]


def pixel(**settings: Any) -> Pixel:
    return Pixel("px", "app", "C", "", b"", "", True, "ok", "", None, None, None, 0, PixelSettings(**settings), NOW)


def test_a_pixels_mapping_stands_over_the_apps_and_that_over_the_default() -> None:
    mappings = {("app", ""): {"a": "Lead", "b": "Search"}, ("app", "px"): {"b": ""}, ("app", "other"): {"a": "Contact"}}
    where = destination(pixel(), AppSettings(), mappings)
    assert [target_event(name, where) for name in ("a", "b", "install", "c")] == ["Lead", "", "Download", ""]


def test_a_pixels_send_setting_stands_over_the_apps() -> None:
    app = AppSettings(send="attributed", event_max_age_days=3)
    assert destination(pixel(), app, {}).send == "attributed"
    assert destination(pixel(send="all"), app, {}).send == "all"
    assert destination(pixel(), app, {}).max_age == timedelta(days=3)


@pytest.mark.parametrize(
    ("names", "targets"),
    [("current", ["Purchase", "Lead", "Lead"]), ("legacy", ["CompletePayment", "SubmitForm", "SubmitForm"])],
)
def test_a_pixel_is_told_the_renamed_events_under_the_names_it_is_set_to(names: str, targets: list[str]) -> None:
    where = destination(pixel(event_names=names), AppSettings(), {("app", ""): {"a": "Lead", "b": "SubmitForm"}})
    assert [target_event(name, where) for name in ("purchase", "a", "b")] == targets
