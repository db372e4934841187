"""Names of campaigns, ad groups and ads on their way to the ledger."""

import pytest

from clicks import names
from clicks.connection import connect
from clicks.names import AdName, forget_names, names_in, note_names, waiting_names

pytestmark = pytest.mark.anyio

SUMMER = AdName("campaign", "179", "Sömmer | 夏")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"campaign_id": "179", "campaign_name": "Sömmer | 夏"}, [SUMMER]),
        ({"ad_id": "5", "ad_name": "Video"}, [AdName("ad", "5", "Video")]),
        ({"campaign_name": "no id"}, []),
        ({"campaign_id": "179"}, []),
        ({"adgroup_id": "5 OR 1=1", "adgroup_name": "x"}, []),
        ({"adgroup_id": "5", "adgroup_name": "x" * 600}, [AdName("adgroup", "5", "x" * 512)]),
    ],
    ids=["both", "ad", "no id", "no name", "no id of TikTok's", "long"],
)
def test_a_name_counts_beside_its_id(values: dict[str, str], expected: list[AdName]) -> None:
    assert names_in(values) == expected


async def test_names_wait_until_they_are_forgotten(redis_url: str) -> None:
    redis = connect(redis_url)
    await note_names(redis, [SUMMER, AdName("ad", "5", "Video")])
    await note_names(redis, [AdName("ad", "5", "Video B")])
    waiting = await waiting_names(redis)
    assert sorted(waiting, key=lambda name: name.kind) == [AdName("ad", "5", "Video B"), SUMMER]
    await forget_names(redis, waiting)
    assert await waiting_names(redis) == []
    await redis.aclose()


async def test_a_name_that_has_changed_since_it_was_taken_waits_on(redis_url: str) -> None:
    redis = connect(redis_url)
    await note_names(redis, [SUMMER, AdName("ad", "5", "Video")])
    taken = await waiting_names(redis)
    await note_names(redis, [AdName("ad", "5", "Video B")])
    await forget_names(redis, taken)
    assert await waiting_names(redis) == [AdName("ad", "5", "Video B")]
    await redis.aclose()


async def test_made_up_names_cannot_fill_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_WAITING", 2)
    redis = connect(redis_url)
    noted = [await note_names(redis, [AdName("ad", str(number), "x")]) for number in range(5)]
    assert noted == [True, True, False, False, False]
    assert len(await waiting_names(redis)) == 2
    await redis.aclose()
