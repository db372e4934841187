"""PostgreSQL goes and comes back: nothing that was accepted is lost, and nothing has to be restarted."""

from pathlib import Path

import anyio
import pytest

from ledger.migrate import migrate
from stack.engines.postgresql import PostgreSQL
from tests.engines import start_engine, stop_engine
from tests.forwarder.api import install_body, opened_api, settings

pytestmark = pytest.mark.anyio


async def test_a_killed_ledger_means_503_and_once_it_is_back_the_same_request_is_taken(
    redis_url: str, data_dir: Path
) -> None:
    engine = PostgreSQL(data_dir)
    process = await anyio.to_thread.run_sync(start_engine, engine)
    url = engine.database_url("postgres")
    await migrate(url)
    try:
        async with opened_api(settings(url, redis_url, data_dir)) as api:
            await api.install(install_id="before")
            process.kill()
            process.wait()
            refused = await api.post("/v1/installs", install_body(install_id="during"))
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
            process = await anyio.to_thread.run_sync(start_engine, engine)
            await api.install(install_id="during")
            assert (await api.install(install_id="before"))["install_id"] == "before"
            rows = await api.pool.fetch("SELECT install_id FROM installs ORDER BY install_id")
            assert [row["install_id"] for row in rows] == ["before", "during"]
    finally:
        stop_engine(engine, process)


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON installs EXECUTE FUNCTION full_disk();
"""


async def test_a_ledger_that_answers_and_takes_no_rows_is_not_ready(
    redis_url: str, database_url: str, data_dir: Path
) -> None:
    async with opened_api(settings(database_url, redis_url, data_dir)) as api:
        await api.pool.execute(FULL)
        assert (await api.post("/v1/installs", install_body())).status_code == 503
        full = await api.client.get("/readyz")
        assert (full.status_code, full.json()["postgresql"]) == (503, "takes no rows: nothing is taken")
        await api.pool.execute("DROP TRIGGER full_disk ON installs")
        await api.install()
        with anyio.fail_after(20):
            while (await api.client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - it is the clock's turn
                await anyio.sleep(0.05)
