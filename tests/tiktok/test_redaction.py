"""What the postback log may show."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiktok.payload import Conversion, event_row
from tiktok.redaction import mask_ip, redact, redact_message

DIGEST = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
TTCLID = "E.C.P." + "CrwB_-9x" * 39
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"
URL = f"https://go.example.com/summer?campaign_id=17&ttclid={TTCLID}&ip=8.8.8.8&callback=cb_0123456789&ua=Mozilla%2F5.0"


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("email", [DIGEST], ["848a7714…"]),
        ("phone", [DIGEST, DIGEST], ["848a7714…", "848a7714…"]),
        ("external_id", DIGEST, "848a7714…"),
        ("first_name", DIGEST, "848a7714…"),
        ("last_name", DIGEST, "848a7714…"),
        ("zip_code", DIGEST, "848a7714…"),
        ("email", ["alice@example.com"], ["…"]),
        ("phone", "+12133734253", "…"),
        ("city", "smalltown", "…"),
        ("state", "ca", "ca"),
        ("country", "us", "us"),
        ("ttclid", TTCLID, "E.C.P.Cr…"),
        ("ttp", "2F7h37YkS1j57AYSKTI7IHhJPYH", "2F7h37Yk…"),
        ("ip", "8.8.8.8", "8.8.8.0/24"),
        ("ip", "2606:4700:1:2::3", "2606:4700:1::/48"),
        ("user_agent", IPHONE, IPHONE),
        ("locale", "en-US", "en-US"),
    ],
)
def test_each_signal_is_shown_as_far_as_it_names_nobody(field: str, value: Any, shown: Any) -> None:
    assert redact({"user": {field: value}}) == {"user": {field: shown}}


def test_the_clicked_link_keeps_its_campaign_and_loses_its_click_id_and_address() -> None:
    shown = redact({"page": {"url": URL, "referrer": "https://www.tiktok.com/"}})["page"]
    assert shown == {
        "url": "https://go.example.com/summer?campaign_id=17&ttclid=E.C.P.Cr…&ip=8.8.8.0/24&callback=cb_01234…"
        "&ua=Mozilla/5.0",
        "referrer": "https://www.tiktok.com/",
    }


@pytest.mark.parametrize("url", ["http://[::1", 7, None])
def test_a_url_that_is_none_is_hidden(url: Any) -> None:
    assert redact({"page": {"url": url}}) == {"page": {"url": "…"}}


@pytest.mark.parametrize("key", ["access_token", "Access-Token", "token", "Authorization"])
def test_a_token_is_not_shown_at_all(key: str) -> None:
    assert redact({key: "s3cret", "user": {key: "s3cret"}, "data": [{key: "s3cret"}]}) == {"user": {}, "data": [{}]}


def test_a_whole_body_is_redacted_row_by_row_and_left_as_it_was() -> None:
    body: dict[str, Any] = {"event_source_id": "P", "data": [{"event": "Purchase", "user": {"ip": "8.8.8.8"}}, "junk"]}
    assert redact(body) == {
        "event_source_id": "P",
        "data": [{"event": "Purchase", "user": {"ip": "8.8.8.0/24"}}, "…"],
    }
    assert body["data"][0]["user"]["ip"] == "8.8.8.8"


def test_nothing_a_person_could_be_found_by_survives_in_a_real_row() -> None:
    facts: dict[str, Any] = {
        "email": "alice@example.com",
        "phone": "+12133734253",
        "external_id": "u_1",
        "city": "Smalltown",
    }
    row = event_row(
        Conversion(event="Purchase", event_id="e", event_time=1, ttclid=TTCLID, ip="8.8.8.8", page_url=URL, **facts)
    )
    shown = repr(redact(row.body))
    secrets = [*row.body["user"]["email"], *row.body["user"]["phone"], *row.body["user"]["external_id"]]
    assert not [secret for secret in [*secrets, TTCLID, "8.8.8.8", "smalltown"] if secret in shown]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("data.0.properties.contents.0.content_id: Not a valid string", None),
        ("max time span is 30 days when use stat_time_day", None),
        ("No permission to operate pixel code: D6DSQIJJ77U7GSLDGAY0, advertiser 1714125042508817", None),
        ("properties_contents_content_id_has_a_value_that_is_not_valid", None),
        ("alice@example.com is not hashed", "[email] is not hashed"),
        ("phone +1 (213) 373-4253 is not hashed", "phone [phone] is not hashed"),
        ("ip 8.8.8.8 is not public", "ip 8.8.8.0/24 is not public"),
        ("token 2b5700268ac04e741f0045e5f5c17f442ad713fb", "token 2b570026…"),
        (f"ttclid {TTCLID}", "ttclid E.C.P.CrwB_-9x…"),
        ("ttclid E.C.P.onlyLettersOfSomeLength", "ttclid E.C.P.onlyLett…"),
        ("ip 2001:db8:1:2:3:4:5:6 is not public", "ip 2001:db8:1::/48 is not public"),
        ("at 12:30:45, data.0: wrong", None),
    ],
)
def test_tiktoks_words_are_kept_but_for_what_they_echo(said: str, kept: str | None) -> None:
    assert redact_message(said) == (kept or said)


@pytest.mark.parametrize("text", ["", "nobody", "8.8.8.8:80", "8.8.8.0/24"])
def test_what_is_no_address_is_hidden(text: str) -> None:
    assert mask_ip(text) == "…"


@given(st.dictionaries(st.sampled_from(["user", "page", "data", "x"]), st.none() | st.text() | st.lists(st.text())))
def test_redacting_takes_a_payload_of_any_shape(payload: dict[str, Any]) -> None:
    assert set(redact(payload)) == set(payload)


@given(st.text())
@example("at 0.0.0.0 and 203.0.113.7/32")
@example("from ::1 to 2001:db8:1:2::7/64")
@example("0@0@0")
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact_message(text)
    assert redact_message(once) == once
