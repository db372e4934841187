"""Rule 5: of somebody whom webhooks alone name, those go."""

from typing import Any

import pytest

from tests.forwarder.intake.webhooks.posting import connect, taken
from tests.privacy.conftest import Erase, Service

pytestmark = pytest.mark.anyio


def transfer(number: int, of: str = "user-7") -> dict[str, Any]:
    """Of a type that no event is made of."""
    return {"event": {"id": f"t{number}", "type": "TRANSFER", "transferred_from": [of], "transferred_to": ["user-8"]}}


@pytest.mark.parametrize("whom", ["external_id", "install_id"])
async def test_a_webhook_that_became_no_event_goes_and_no_other_of_the_person_is_kept(
    service: Service, erase: Erase, whom: str
) -> None:
    await connect(service.api, "revenuecat")
    await taken(service.api, "revenuecat", transfer(1))
    await taken(service.api, "revenuecat", transfer(2, of="user-9"))
    assert await erase(**{whom: "user-7"})
    await taken(service.api, "revenuecat", transfer(3))
    left = await service.api.pool.fetch("SELECT provider_event_id FROM webhook_bodies")
    assert [row["provider_event_id"] for row in left] == ["t2"]
    assert not await erase(**{whom: "user-7"})
