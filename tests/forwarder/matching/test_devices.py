"""Which clicks are one device's."""

import pytest

from clicks.record import Click
from forwarder.matching.devices import devices_behind
from tests.forwarder.matching.cases import MINUTE, NOW_MS, click, iphone

SMALL = {"screen": {"width": 393, "height": 852, "scale": 3}, "timezone": "Europe/London"}
LARGE = {"screen": {"width": 440, "height": 956, "scale": 3}, "timezone": "Europe/London"}


@pytest.mark.parametrize(
    ("clicks", "devices"),
    [
        pytest.param([click(), click(MINUTE)], 1, id="same headers"),
        pytest.param([click(), click(user_agent=iphone("17_5"))], 2, id="another OS version"),
        pytest.param([click(enrichment=SMALL), click(MINUTE)], 1, id="a page told something once"),
        pytest.param([click(enrichment=SMALL), click(MINUTE, enrichment=LARGE)], 2, id="another screen"),
        pytest.param(
            [click(enrichment=SMALL), click(MINUTE, enrichment=LARGE), click(2 * MINUTE)],
            3,
            id="whose it is cannot be told",
        ),
        pytest.param([click(enrichment=SMALL), click(user_agent=iphone("17_5"))], 2, id="told of another phone"),
    ],
)
def test_devices_behind_an_address(clicks: list[Click], devices: int) -> None:
    found = devices_behind(clicks, ["203.0.113.7"], NOW_MS)
    assert len(found.devices) == found.addresses[0].devices == devices
    assert sum(len(device.clicks) for device in found.devices) == len(clicks)
