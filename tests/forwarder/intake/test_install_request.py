"""An install's request, by table."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from forwarder.errors import FieldError
from forwarder.intake.install_request import STORE_TIMES, InstallReport, read_install
from forwarder.intake.set_aside import noting

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def read(**fields: Any) -> InstallReport:
    body = {"install_id": "i-1", "platform": "ios"} | fields
    return read_install(msgspec.json.encode(body), "app_a", "198.51.100.9", NOW)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"install_id": None}, "install_id"),
        ({"install_id": ""}, "install_id"),
        ({"install_id": True}, "install_id"),
        ({"install_id": {}}, "install_id"),
        ({"install_id": "x" * 201}, "install_id"),
        ({"platform": "windows"}, "platform"),
        ({"platform": 1}, "platform"),
        ({"occurred_at": "soon"}, "occurred_at"),
        ({"occurred_at": [1]}, "occurred_at"),
        ({"occurred_at": "2026-11-21T10:00:01Z"}, "occurred_at"),
        ({"ip": "nowhere"}, "ip"),
        ({"ip": 1}, "ip"),
        ({"ips": ["nowhere"]}, "ips"),
        ({"ips": [1]}, "ips"),
        ({"user_agent": 1}, "user_agent"),
        ({"user_agent": "x" * 2001}, "user_agent"),
        ({"device": []}, "device"),
        ({"device": {"model": 1}}, "device.model"),
        ({"device": {"model": "x" * 201}}, "device.model"),
        ({"device": {"languages": "en"}}, "device.languages"),
        ({"device": {"screen": {"width": "wide"}}}, "device.screen.width"),
        ({"install_referrer": 1}, "install_referrer"),
        ({"install_begin_at": "soon"}, "install_begin_at"),
        ({"click_id": ["x"]}, "click_id"),
        ({"consent": "granted"}, "consent"),
        ({"consent": {"marketing": "yes"}}, "consent.marketing"),
        ({"consent": {"att_status": True}}, "consent.att_status"),
        ({"limited_data_use": "no"}, "limited_data_use"),
        ({"user": {"email": {"a": 1}}}, "user.email"),
        ({"user": {"email": ["a@example.com"] * 21}}, "user.email"),
        ({"user": {"first_name": ["Ada"]}}, "user.first_name"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldError) as refused:
        read(**fields)
    assert refused.value.field == field
    assert refused.value.message


@pytest.mark.parametrize("missing", ["install_id", "platform"])
def test_a_missing_field_is_named(missing: str) -> None:
    body = {"install_id": "i-1", "platform": "ios"}
    del body[missing]
    with pytest.raises(FieldError) as refused:
        read_install(msgspec.json.encode(body), "app_a", "198.51.100.9", NOW)
    assert (refused.value.field, refused.value.message) == (missing, "is required")


def test_the_body_keeps_what_was_given_and_fills_in_the_address() -> None:
    report = read(
        install_id=42, occurred_at=1763632800, device={"os_version": 18, "screen": {"width": 393}},
        user={"email": " a@example.com ", "external_id": [7, "7", "8"], "zip_code": 12345, "city": ""},
        consent={"marketing": "granted"}, limited_data_use=False, unknown={"x": 1}, app_version="1.2\x00",
    )  # fmt: skip
    assert report.install_id == "42"
    assert report.external_ids == ("7", "8")
    assert report.body == {
        "platform": "ios", "occurred_at": datetime(2025, 11, 20, 10, tzinfo=UTC), "ip": "198.51.100.9",
        "device": {"os_version": "18", "screen": {"width": 393.0}}, "app_version": "1.2",
        "consent": {"marketing": "granted"}, "limited_data_use": False,
        "user": {"email": "a@example.com", "external_id": ["7", "8"], "zip_code": "12345"},
    }  # fmt: skip


def test_null_and_blank_are_the_same_as_absent() -> None:
    blank = read(occurred_at=None, ip="", device=None, install_referrer="", click_id=None, user={}, consent={}, ips=[])
    assert blank.body == {"platform": "ios", "occurred_at": NOW, "ip": "198.51.100.9"}


@pytest.mark.parametrize("name", STORE_TIMES)
@pytest.mark.parametrize("unknown", [0, "0", "", None, "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_each_of_plays_times_is_kept_or_unknown(name: str, unknown: Any) -> None:
    assert read(**{name: 1763632800}).body[name] == 1763632800
    assert name not in read(**{name: unknown}).body


def test_zero_is_plays_word_for_no_time() -> None:
    assert "referrer_click_at" not in read(referrer_click_at=0, install_begin_at=0).body


def test_denied_consent_keeps_nothing_that_says_who_it_was() -> None:
    report = read(
        consent={"marketing": "denied"}, ip="203.0.113.7", user_agent="Mozilla/5.0", device={"model": "x"},
        user={"email": "a@example.com", "external_id": "u"}, install_referrer="click_id=x", click_id="y",
        app_version="1.2", referrer_click_at=1_796_000_000, install_begin_at=1_796_000_000, limited_data_use=True,
    )  # fmt: skip
    assert set(report.body) == {"platform", "occurred_at", "consent", "limited_data_use"}
    assert report.external_ids == ("u",)


@pytest.mark.parametrize(
    ("given", "kept"), [("18.6", "18.6"), ("18.0", "18.0"), (18, "18"), (18.0, "18"), (18.6, "18.6.x"), (34.0, "34")]
)
def test_an_os_version_that_is_a_number_tells_no_more_than_its_digits(given: str | float, kept: str) -> None:
    assert read(device={"os_version": given}).body["device"]["os_version"] == kept


@pytest.mark.parametrize("zone", ["CET", "GMT+01:00", "W. Europe Standard Time"])
def test_a_time_zone_that_names_no_place_is_kept_and_counted(zone: str) -> None:
    with noting() as noted:
        assert read(device={"timezone": zone}).body["device"] == {"timezone": zone}
    assert noted == {("device.timezone", "unknown_time_zone"): 1}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Calcutta", "UTC", None])
def test_a_time_zone_of_the_database_is_not_counted(zone: str | None) -> None:
    with noting() as noted:
        read(device={"timezone": zone})
    assert noted == {}
