"""TikTok's event names."""

import pytest

from tiktok.standard_events import (
    RENAMED,
    RESERVED,
    SOFT_DEPRECATED,
    STANDARD_EVENTS,
    is_standard,
    name_for,
    target_warning,
)


def test_there_are_eighteen_standard_events_in_alphabetical_order() -> None:
    assert len(set(STANDARD_EVENTS)) == 18
    assert list(STANDARD_EVENTS) == sorted(STANDARD_EVENTS)


@pytest.mark.parametrize("name", [*STANDARD_EVENTS, *RENAMED])
def test_current_and_renamed_events_are_standard_and_draw_no_warning(name: str) -> None:
    assert is_standard(name)
    assert target_warning(name) is None


@pytest.mark.parametrize("name", ["purchase", "PURCHASE", "Purchase ", "", "app_install", "Pageview", "CancelOrder"])
def test_names_are_case_sensitive_and_anything_off_the_list_is_custom(name: str) -> None:
    assert not is_standard(name)
    assert "custom event" in (target_warning(name) or "")


@pytest.mark.parametrize(("name", "becomes"), [item for item in RESERVED.items() if item[0] not in RENAMED])
def test_a_reserved_name_is_warned_of_with_what_tiktok_makes_of_it(name: str, becomes: str) -> None:
    assert becomes in (target_warning(name) or "")


@pytest.mark.parametrize("name", sorted(SOFT_DEPRECATED))
def test_a_retiring_event_is_warned_of_with_its_last_year(name: str) -> None:
    assert "2027" in (target_warning(name) or "")


@pytest.mark.parametrize(
    ("event", "current", "legacy"),
    [
        ("Purchase", "Purchase", "CompletePayment"),
        ("CompletePayment", "Purchase", "CompletePayment"),
        ("Lead", "Lead", "SubmitForm"),
        ("SubmitForm", "Lead", "SubmitForm"),
        ("ViewContent", "ViewContent", "ViewContent"),
        ("my_event", "my_event", "my_event"),
    ],
)
def test_a_pixel_gets_the_renamed_events_under_the_names_it_is_set_to(event: str, current: str, legacy: str) -> None:
    assert name_for(event, "current") == current
    assert name_for(event, "legacy") == legacy
