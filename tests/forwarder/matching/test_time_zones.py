"""One name for each time zone, whichever of its names a browser or a phone gives."""

from importlib.resources import files

import pytest

from forwarder.matching.time_zones import ABBREVIATIONS, time_zone

_TZDATA = files("tzdata")
NAMES = _TZDATA.joinpath("zones").read_text().split()
PLACES = {
    line.split("\t")[2]
    for line in _TZDATA.joinpath("zoneinfo/zone.tab").read_text().splitlines()
    if not line.startswith("#")
}


def test_a_place_keeps_its_name_of_today() -> None:
    assert len(PLACES) > 400
    assert {name: time_zone(name) for name in PLACES if time_zone(name) != name.lower()} == {}


def test_every_other_name_is_one_of_a_place_or_utc() -> None:
    known = {name.lower() for name in PLACES} | {"utc"}
    others = {name for name in NAMES if time_zone(name) not in known and name.lower() not in ABBREVIATIONS}
    assert len(NAMES) > 590
    assert {name for name in others if not name.startswith(("Etc/GMT+", "Etc/GMT-"))} == {"Factory"}


@pytest.mark.parametrize(
    ("browser", "phone"),
    [
        ("America/Coral_Harbour", "America/Atikokan"),
        ("America/Toronto", "America/Thunder_Bay"),
        ("Pacific/Enderbury", "Pacific/Kanton"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Africa/Bamako", "Africa/Timbuktu"),
    ],
)
def test_a_browsers_name_and_a_phones_are_one(browser: str, phone: str) -> None:
    assert time_zone(browser) == time_zone(phone)


def test_countries_that_only_keep_the_same_time_stay_two() -> None:
    assert time_zone("Iceland") == time_zone("Atlantic/Reykjavik") != time_zone("Africa/Abidjan")


@pytest.mark.parametrize(
    "said",
    [
        *sorted(ABBREVIATIONS), "CET", "CEST", "PST", "PDT", "BST", "IST", "JST", "BRT", "GMT", "GMT+1", "GMT+01:00",
        "UTC+1", "+01:00", "-03", "60", "W. Europe Standard Time", "Pacific Standard Time",
        "Central European Summer Time", "America/Los_Angeles (PDT)", "Factory", "local", " ", "",
    ],
)  # fmt: skip
def test_what_names_no_place_says_nothing(said: str) -> None:
    assert time_zone(said) is None


@pytest.mark.parametrize(
    ("said", "zone"), [(" Europe/Berlin ", "europe/berlin"), ("UTC", "utc"), ("Etc/GMT-1", "etc/gmt-1")]
)
def test_what_a_phone_can_be_set_to_is_a_zone(said: str, zone: str) -> None:
    assert time_zone(said) == zone
