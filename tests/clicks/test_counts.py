import pytest
from redis.asyncio import Redis

from clicks.batch import Batch
from clicks.counts import Drain, VisitCount, count_field, count_label, drain, finish_drain
from clicks.store import ClickStore

pytestmark = pytest.mark.anyio

HOUR_MS = 3_600_000
FIELD = count_field(500_000 * HOUR_MS + 1, "click", count_label("spring", "ios", "1801", "1802", "1803"))


async def count(client: Redis, visits: int, number: int = 0, field: str = FIELD) -> None:
    await ClickStore(client, (b"k",)).apply(Batch("writer", number, [], {field: visits}))


def total(drained: Drain | None) -> int:
    return sum(row.visits for row in drained.counts) if drained is not None else 0


async def test_a_count_comes_out_as_it_went_in(client: Redis) -> None:
    await count(client, 3)
    drained = await drain(client)
    assert drained is not None
    assert drained.counts == [VisitCount(500_000 * 3600, "spring", "ios", "click", "1801", "1802", "1803", 3)]


@pytest.mark.parametrize(
    ("field", "begins_s"),
    [
        ("\x1f".join(("495555", "click", "spring", "ios", "", "", "")), 495_555 * 3600),  # before quarters
        (count_field(1_784_000_700_000, "click", count_label("spring", "ios", "", "", "")), 1_783_999_800 + 900),
    ],
)
async def test_hours_of_earlier_versions_and_quarters_are_both_read(client: Redis, field: str, begins_s: int) -> None:
    await count(client, 3, field=field)
    drained = await drain(client)
    assert drained is not None
    assert [(row.begins_s, row.visits) for row in drained.counts] == [(begins_s, 3)]


@pytest.mark.parametrize("identifier", ["", "x" * 33, "1\x1f2", "a b", "é", "__CID__"])
async def test_what_cannot_be_an_id_is_counted_without_it(client: Redis, identifier: str) -> None:
    field = count_field(0, "click", count_label("spring", "ios", identifier, "1802", identifier))
    await count(client, 1, field=field)
    drained = await drain(client)
    assert drained is not None
    assert drained.counts == [VisitCount(0, "spring", "ios", "click", "", "1802", "", 1)]


async def test_visits_of_one_ads_creatives_are_told_apart(client: Redis) -> None:
    for creative_id, visits in (("", 1), ("1804", 2), ("1805", 3)):
        label = count_label("spring", "ios", "1801", "1802", "1803", creative_id)
        await count(client, visits, number=visits, field=count_field(0, "click", label))
    drained = await drain(client)
    assert drained is not None
    ad = ("spring", "ios", "click", "1801", "1802", "1803")
    assert sorted(drained.counts, key=lambda row: row.visits) == [
        VisitCount(0, *ad, 1), VisitCount(0, *ad, 2, "1804"), VisitCount(0, *ad, 3, "1805"),
    ]  # fmt: skip


def test_without_a_creative_a_field_is_as_earlier_versions_read_it() -> None:
    assert count_label("spring", "ios", "1801", "1802", "1803", "").split("\x1f") == [
        "spring",
        "ios",
        "1801",
        "1802",
        "1803",
    ]


async def test_nothing_counted_is_nothing_to_drain(client: Redis) -> None:
    assert await drain(client) is None


async def test_counting_goes_on_beside_a_drain(client: Redis) -> None:
    await count(client, 3, 0)
    first = await drain(client)
    assert first is not None
    await count(client, 4, 1)
    assert await drain(client) == first
    await finish_drain(client, first)
    second = await drain(client)
    assert second is not None
    assert (total(second), second.drain_id != first.drain_id) == (4, True)
    await finish_drain(client, second)
    assert await drain(client) is None


class CutOff(Exception):
    """The worker ends here."""


class CutOffAfter:
    """A connection whose worker ends after some commands."""

    def __init__(self, client: Redis, commands: int) -> None:
        self._client = client
        self._left = commands

    def __getattr__(self, name: str) -> object:
        if self._left == 0:
            raise CutOff
        self._left -= 1
        return getattr(self._client, name)


@pytest.mark.parametrize("commands", range(6))
async def test_a_drain_cut_off_at_any_step_loses_and_doubles_nothing(client: Redis, commands: int) -> None:
    ledger: dict[str, int] = {}

    async def work(connection: object) -> None:
        drained = await drain(connection)
        if drained is not None:
            ledger.setdefault(drained.drain_id, total(drained))  # the ledger adds a drain once
            await finish_drain(connection, drained)

    await count(client, 3, 0)
    with pytest.raises(CutOff):
        await work(CutOffAfter(client, commands))
    await count(client, 4, 1)
    await work(client)
    await work(client)
    assert sum(ledger.values()) == 7
    assert await drain(client) is None


async def test_two_workers_that_drain_at_once_have_the_same_drain(client: Redis) -> None:
    await count(client, 3)
    one, other = await drain(client), await drain(client)
    assert one == other
    assert one is not None
    await finish_drain(client, one)
    await finish_drain(client, one)
    assert await drain(client) is None


async def test_finishing_late_does_not_take_the_next_drain_away(client: Redis) -> None:
    await count(client, 3, 0)
    first = await drain(client)
    assert first is not None
    await finish_drain(client, first)
    await count(client, 4, 1)
    second = await drain(client)
    await finish_drain(client, first)
    assert await drain(client) == second
    assert total(second) == 4
