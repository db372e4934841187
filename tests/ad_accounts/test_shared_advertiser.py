"""An ad account that two apps chose: what one app's login cannot do, the other's does."""

from datetime import date
from decimal import Decimal

import pytest

from config.secrets import Keyring
from ledger.grants import get_grant
from tests.ad_accounts.import_scene import APP, ImportScene, spent

pytestmark = pytest.mark.anyio

SECOND_APP = "app_bbbbbbbbbbbb"
TODAY = date(2026, 11, 20)


@pytest.fixture
async def shared(scene: ImportScene) -> ImportScene:
    await scene.load(spent("2026-11-20 09", "2.00"))
    await scene.connect(SECOND_APP)
    return scene


async def test_a_token_that_does_not_open_leaves_the_import_to_the_other_app(shared: ImportScene) -> None:
    token = Keyring((b"o" * 32,)).encrypt("sealed with another SECRET_KEY", "grant")
    await shared.pool.execute("UPDATE tiktok_grants SET access_token_encrypted = $2 WHERE app_id = $1", APP, token)
    await shared.turns()
    assert await shared.days() == {TODAY: Decimal(2)}
    grant = await get_grant(shared.pool, APP)
    assert grant is not None
    assert grant.state == "broken"
    assert (await shared.progress()).error == ""


async def test_an_app_that_was_told_no_time_zone_leaves_the_import_to_the_other(shared: ImportScene) -> None:
    await shared.pool.execute("UPDATE advertisers SET timezone = '' WHERE app_id = $1", APP)
    await shared.turns()
    assert await shared.days() == {TODAY: Decimal(2)}
