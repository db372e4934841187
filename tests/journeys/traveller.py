"""What a phone, an app and an operator do with a running Signalpost, over HTTP and the command line; and the clock."""

import asyncio
import json
import secrets
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import asyncpg
import httpx

from tests.cli.running_up import PATIENCE_S, RunningUp, signalpost

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-S901U Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/126.0.6478.134 Mobile Safari/537.36 musical_ly_2023507030 JsSdk/1.0 NetType/WIFI "
    "Channel/googleplay AppName/musical_ly app_version/35.7.3 ByteLocale/en ByteFullLocale/en Region/US AppId/1233"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "Safari/604.1 musical_ly_41.9.0 BytedanceWebview/d8a21c6"
)


def new_ttclid() -> str:
    return f"E.C.P.{secrets.token_urlsafe(237)}"


def until(condition: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """The first true value of the condition."""
    deadline = time.monotonic() + patience_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
    return value


class Signalpost:
    """A running Signalpost, seen from outside."""

    def __init__(self, up: RunningUp) -> None:
        self.up = up
        self.demo = json.loads((Path(up.env["DATA_DIR"]) / "demo.json").read_text())
        self.http = httpx.Client(trust_env=False, timeout=30)

    def url(self, process: str) -> str:
        return f"http://127.0.0.1:{self.up.env[process.upper() + '_PORT']}"

    def click(self, ttclid: str, address: str, user_agent: str = ANDROID, **macros: str) -> httpx.Response:
        query = urlencode({"campaign_id": "179", "campaign_name": "Summer", "ad_id": "181", **macros, "ttclid": ttclid})
        headers = {"user-agent": user_agent, "x-forwarded-for": address, "accept-language": "en-GB,en;q=0.9"}
        return self.http.get(f"{self.url('redirector')}/{self.demo['slug']}?{query}", headers=headers)

    def install(self, address: str, **fields: Any) -> dict[str, Any]:
        body = {"install_id": str(uuid.uuid4()), "platform": "android", "ip": address, **fields}
        return self._post("/v1/installs", body)

    def event(self, install_id: str, name: str, **fields: Any) -> dict[str, Any]:
        body = {"event_id": str(uuid.uuid4()), "install_id": install_id, "name": name, **fields}
        return self._post("/v1/events", body)

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.demo['api_key']}"}
        answer = self.http.post(f"{self.url('forwarder')}{path}", json=body, headers=headers)
        assert answer.status_code in {200, 202}, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def match(self, install_id: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.demo['api_key']}"}
        answer: dict[str, Any] = self.http.get(
            f"{self.url('forwarder')}/v1/installs/{install_id}", headers=headers
        ).json()
        return answer

    def received(self, event: str) -> list[dict[str, Any]]:
        """What the sandbox took under this event name, one item per event id."""
        answer = self.http.get(f"{self.url('sandbox')}/_sandbox/events", params={"event": event, "limit": 10_000})
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def requests_seen(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.http.get(f"{self.url('sandbox')}/_sandbox/requests").json()["items"]
        return items

    def script_fault(self, **fault: Any) -> None:
        answer = self.http.post(f"{self.url('sandbox')}/_sandbox/faults", json={"endpoint": "event/track", **fault})
        assert answer.status_code < 300, answer.text

    def reset_sandbox(self) -> None:
        self.http.post(f"{self.url('sandbox')}/_sandbox/reset").raise_for_status()

    def command(self, *arguments: str) -> Any:
        done = signalpost(self.up.env, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def process_id(self, name: str) -> int:
        pid: int = self.up.runfile()["processes"][name]["pid"]
        return pid

    def database_url(self) -> str:
        return str(self.command("doctor")["engines"]["postgresql"]["url"])

    @staticmethod
    def end_leases(database_url: str) -> None:
        """The time passes for which a worker holds what it is sending."""

        async def run() -> None:
            connection = await asyncpg.connect(database_url)
            await connection.execute("UPDATE deliveries SET next_attempt_at = now() WHERE state = 'sending'")
            await connection.close()

        asyncio.run(run())

    def engine_id(self, name: str) -> int:
        pid: int = self.up.runfile()["engines"][name]["pid"]
        return pid


def play_referrer(redirect: httpx.Response) -> str:
    """What Google Play hands the app after this redirect."""
    return parse_qs(urlsplit(redirect.headers["location"]).query)["referrer"][0]
