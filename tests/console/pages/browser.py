"""Debian's Chromium at a real console process: what is seen, and what axe-core says of it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config.settings import AllSettings
from loadtests.ports import free_ports
from tests.console.pages.person import PASSWORD

SCREENSHOTS = "CONSOLE_SCREENSHOTS"  # a folder outside the repository; without it, pytest's own
PATIENCE_S = 30.0
THEMES = ("light", "dark")
WIDTHS = (1280, 390)
NARROWEST = 360
MEASURED = Path(__file__).with_name("measured.js")


@dataclass
class Console:
    """A console process."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def console_process(settings: AllSettings) -> Iterator[Console]:
    """`signalpost run console`, ended by its process id."""
    port = free_ports(1)[0]
    env = {name: value for name, value in os.environ.items() if name.lower() not in AllSettings.model_fields}
    env |= {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "TIKTOK_API_URL": settings.tiktok_api_url,
        "PUBLIC_URL": settings.public_base,
        "CONSOLE_PORT": str(port),
        "LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-P", "-m", "cli", "run", "console"], env=env, cwd=settings.data_dir)
    try:
        _wait(f"http://127.0.0.1:{port}/readyz", process)
        yield Console(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the console ended before it was ready"
        try:
            if httpx.get(url, trust_env=False, timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError("the console was not ready in time")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips the test where there is no Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium on this machine: `apt-get install chromium` has these tests run")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


def signed_in(
    browser: Browser, console: Console, email: str, theme: str = "light", width: int = 1280
) -> BrowserContext:
    """A window of its own, signed in by the form."""
    context = browser.new_context(
        base_url=console.url, color_scheme=theme, viewport={"width": width, "height": 900}, locale="en-GB"
    )
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{console.url}/")
    return context


def violations(page: Page) -> list[str]:
    """What axe-core finds, a line each."""
    found: dict[str, Any] = Axe().run(page).response
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def faults(page: Page) -> list[str]:
    """What can be measured of it and should not be: sizes, contrast, what is cut, what lies on something else."""
    found: list[str] = page.evaluate(MEASURED.read_text())
    return found


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def screenshot_folder(tmp_path: Path) -> Path:
    folder = Path(os.environ.get(SCREENSHOTS) or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
