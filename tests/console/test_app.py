"""The console's web application around its pages."""

import httpx
import pytest

from admin.session import Session
from config.settings import AllSettings
from console.metrics import ConsoleMetrics
from tests.console.conftest import opened_console

pytestmark = pytest.mark.anyio


async def test_it_is_alive_and_ready_while_the_ledger_answers(console: httpx.AsyncClient) -> None:
    assert (await console.get("/healthz")).json() == {"ok": True}
    answer = await console.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "postgresql": "ok"})


async def test_it_is_not_ready_without_a_ledger(
    settings: AllSettings, metrics: ConsoleMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(session: Session) -> bool:
        return False

    monkeypatch.setattr("console.health.ledger_answers", away)
    async with opened_console(settings, metrics) as console:
        assert (await console.get("/readyz")).status_code == 503
        assert (await console.get("/healthz")).status_code == 200


@pytest.mark.parametrize("path", ["/oauth", "/oauth/tiktok/callback/", "/static/../app.py", "/static/nothing.css"])
async def test_what_is_not_there_is_a_page(console: httpx.AsyncClient, path: str) -> None:
    answer = await console.get(path)
    assert answer.status_code == 404
    assert "<h1>There is nothing here</h1>" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_the_style_sheet_is_served(console: httpx.AsyncClient) -> None:
    answer = await console.get("/static/console.css")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_fault_of_ours_is_a_page_without_its_words(
    console: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the secret")

    monkeypatch.setattr("console.tiktok_callback.finish_connect", broken)
    answer = await console.get("/oauth/tiktok/callback")
    assert answer.status_code == 500
    assert "the secret" not in answer.text
    assert "Something went wrong" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
