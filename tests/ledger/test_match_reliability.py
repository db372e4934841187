"""The reliability that pages show is that of `signalpost match stats`, read from what workers store."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from forwarder.matching.learning import statistics_summary
from forwarder.matching.statistics import Learned
from ledger.match_reliability import FULL, match_reliability
from ledger.match_statistics import WHOLE, store_statistics
from ledger.pool import open_pool

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Any]:
    pool = await open_pool(database_url, max_size=1)
    yield pool
    await pool.close()


def learned(*answers: tuple[float, bool]) -> Any:
    one = Learned()
    for predicted, right in answers:
        for edge, table in enumerate(one.trials[FULL]):
            if edge == (14 if predicted >= 0.999 else 9 if predicted >= 0.9 else 0):
                table.observe(predicted, right)
    return msgspec.to_builtins(one)


async def test_it_is_what_the_command_says(ledger: Any) -> None:
    await store_statistics(ledger, {"app_1": learned((0.92, True), (0.94, False), (0.9995, True))})
    bins, is_own = await match_reliability(ledger, "app_1")
    table = (await statistics_summary(ledger, "app_1"))["reliability"][FULL]
    expected = [(row["predicted"], row["observed"], row["answers"]) for row in table if row["answers"]]
    assert [(one.predicted, one.observed, one.answers) for one in bins] == expected
    assert len(bins) == 2
    assert is_own


async def test_an_app_that_has_none_is_shown_that_of_all(ledger: Any) -> None:
    assert await match_reliability(ledger, "app_1") == ([], False)
    await store_statistics(ledger, {WHOLE: learned((0.92, True)), "app_1": learned()})
    bins, is_own = await match_reliability(ledger, "app_1")
    assert (len(bins), is_own) == (1, False)
