"""Rule 1: what a person says of consent, without naming an install, is said of each install that names them."""

from typing import Any

import pytest

from tests.privacy.conftest import Service
from tests.privacy.test_consent import DENIED, GRANTED, event, installed

pytestmark = pytest.mark.anyio


def of_person(event_id: str, seconds_ago: float, consent: dict[str, str], person: str = "u-1") -> dict[str, Any]:
    """As an app's server says it, which knows its user's id and no install."""
    user = {"external_id": person}
    return event(event_id, seconds_ago, consent, install_id=None, user=user, name="consent_changed")


async def installed_twice(service: Service) -> None:
    for seconds_ago, install_id in ((90, "i-1"), (80, "i-2")):
        await service.api.install(**installed(seconds_ago, install_id=install_id, user={"external_id": "u-1"}))


async def delivered(service: Service, *event_ids: str) -> list[str]:
    await service.deliver()
    outcomes = await service.outcomes()
    return [event_id for event_id in event_ids if outcomes[event_id] == "delivered"]


async def test_a_refusal_counts_for_every_install_that_names_the_person(service: Service) -> None:
    await installed_twice(service)
    await service.api.install(**installed(80, install_id="i-3", user={"external_id": "u-2"}))
    await service.api.events(event("one", 60), event("two", 60, install_id="i-2"), event("x", 60, install_id="i-3"))
    await service.api.events(of_person("refusal", 10, DENIED))
    assert await delivered(service, "install:i-1", "install:i-2", "one", "two", "x") == ["x"]


async def test_what_one_install_refuses_is_refused_by_it_alone(service: Service) -> None:
    await installed_twice(service)
    await service.api.events(event("refusal", 10, DENIED, user={"external_id": "u-1"}))
    assert await delivered(service, "install:i-1", "install:i-2") == ["install:i-2"]


async def test_what_a_person_allows_again_they_allow_on_every_install(service: Service) -> None:
    await installed_twice(service)
    await service.api.events(of_person("refusal", 30, DENIED))
    await service.api.events(of_person("consent", 20, GRANTED))
    await service.api.events(event("one", 10), event("two", 10, install_id="i-2"))
    assert await delivered(service, "one", "two") == ["one", "two"]


async def test_what_a_person_allows_takes_back_no_refusal_of_one_phone(service: Service) -> None:
    await installed_twice(service)
    await service.api.events(event("refusal", 30, DENIED))
    await service.api.events(of_person("consent", 20, GRANTED))
    await service.api.events(event("one", 10), event("two", 10, install_id="i-2"))
    assert await delivered(service, "one", "two") == ["two"]


async def test_what_an_install_allows_after_the_persons_refusal_counts_for_it(service: Service) -> None:
    await installed_twice(service)
    await service.api.events(of_person("refusal", 30, DENIED))
    await service.api.events(event("consent", 20, GRANTED))
    await service.api.events(event("one", 10), event("two", 10, install_id="i-2"))
    assert await delivered(service, "one", "two") == ["one"]
