"""Rule 3: an address is found by a keyed hash, whose key can be changed, and nothing else keeps it whole for long."""

import pytest

from admin.sign_in import network_of
from clicks import keys
from clicks.address import AddressHasher, packed_address
from config.secrets import Keyring, load_keyring
from tests.clicks.old_clicks import HOT_HOURS, OldClicksScene, opened_scene
from tests.forwarder.api import IP
from tests.privacy.conftest import Service

pytestmark = pytest.mark.anyio

OLD, NEW = "an old secret key of 2025", "a new secret key of 2026"


def keyring(text: str) -> Keyring:
    return load_keyring(text, None)  # type: ignore[arg-type] # no DATA_DIR is looked into


async def test_no_key_of_redis_holds_an_address_or_a_hash_without_a_secret(service: Service) -> None:
    await service.api.click()
    packed = packed_address(IP)
    assert packed is not None
    names = [key async for key in service.job.redis.scan_iter(match=keys.CLICKS + b"*")]
    assert len(names) == 1
    assert packed not in names[0]
    assert IP.encode() not in names[0]
    hashes = {AddressHasher(keyring(one).derive("address")[0]).hash(packed) for one in (OLD, NEW)}
    assert len(hashes) == 2


@pytest.mark.parametrize("moved", [False, True], ids=["in Redis", "in the ledger"])
async def test_a_click_of_before_the_new_key_is_found_until_the_old_key_leaves_the_list(
    redis_url: str, database_url: str, moved: bool
) -> None:
    async with opened_scene(redis_url, database_url) as scene:
        before = await scene.click(HOT_HOURS + 5, IP, key=1)
        after = await scene.click(HOT_HOURS + 4, IP, key=0)
        if moved:
            assert await scene.move() == 2
        assert await found(scene) == {before, after}
        scene.hot._hashers = scene.hot._hashers[:1]
        assert await found(scene) == {after}
        assert (await scene.clicks.get(before)) is not None  # by its id, which names no address


async def found(scene: OldClicksScene) -> set[str]:
    return {click.click_id for click in await scene.clicks.find(IP, 0, 2**41)}


@pytest.mark.parametrize(
    ("address", "kept"), [("203.0.113.7", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48")]
)
def test_a_session_of_the_console_keeps_the_network_alone(address: str, kept: str) -> None:
    assert network_of(address) == kept
