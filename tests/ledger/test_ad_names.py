"""Names of campaigns, ad groups and ads in the ledger."""

import asyncpg
import pytest

from clicks.names import KINDS, AdName
from ledger.ad_names import add_names, names_of

pytestmark = pytest.mark.anyio


async def test_the_latest_name_of_each_kind_and_id_counts(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await add_names(connection, [AdName("campaign", "1", "Summer"), AdName("ad", "1", "Video")])
    await add_names(connection, [AdName("campaign", "1", "Autumn")])
    assert await names_of(connection, "campaign", ["1", "2"]) == {"1": "Autumn"}
    assert await names_of(connection, "ad", ["1"]) == {"1": "Video"}
    await connection.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_that_clicks_name_is_kept(database_url: str, kind: str) -> None:
    connection = await asyncpg.connect(database_url)
    await add_names(connection, [AdName(kind, "7", "Spring")])
    assert await names_of(connection, kind, ["7"]) == {"7": "Spring"}
    await connection.close()
