"""A consent and what it is for come together: in one list of events, or in one moment from two requests."""

from typing import Any

import pytest

from tests.privacy.conftest import Service
from tests.privacy.test_consent import DENIED, GRANTED, UNKNOWN, event, installed

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("at_once", [False, True], ids=["one by one", "in one list"])
@pytest.mark.parametrize(
    ("before", "said", "sent"),
    [
        (DENIED, [event("yes", 30, GRANTED, name="consent_changed"), event("silent", 20)], ["silent"]),
        (UNKNOWN, [event("yes", 30, GRANTED, name="consent_changed"), event("silent", 20)], ["silent"]),
        (GRANTED, [event("no", 30, DENIED), event("silent", 20)], []),
        (UNKNOWN, [event("yes", 30, GRANTED), event("no", 25, DENIED), event("silent", 20)], []),
        (DENIED, [event("unsure", 30, UNKNOWN), event("silent", 20)], []),
    ],
    ids=["of a refusal taken back", "of a first word", "of a refusal", "of two words", "of no word"],
)
async def test_what_comes_along_with_a_word_of_consent_goes_by_it(
    service: Service, before: dict[str, str], said: list[dict[str, Any]], sent: list[str], at_once: bool
) -> None:
    await service.api.pool.execute("UPDATE apps SET settings = settings || $1", {"consent_when_unknown": "deny"})
    await service.api.services.directory.refresh()
    await service.api.install(**installed(90, before))
    for some in [said] if at_once else [[one] for one in said]:
        await service.api.events(*some)
    await service.deliver()
    delivered = [name for name, outcome in (await service.outcomes()).items() if outcome == "delivered"]
    assert [name for name in delivered if not name.startswith("install:")] == sent
