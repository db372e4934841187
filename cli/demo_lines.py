"""The command lines `signalpost up --demo` prints: a click, the install it brings, an event in the app."""

import os
import secrets
import shlex
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from admin.demo import Demo

# TikTok's own browser on an iPhone, as seen in the field
USER_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "musical_ly_41.6.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/NL isDarkMode/0 WKWebView/1 "
    "RevealType/Dialog"
)
OS_VERSION = "18.6"
# what TikTok puts in the place of the link's macros
MACROS = {
    "campaign_id": "1790000000000001",
    "campaign_name": "Summer launch",
    "adgroup_id": "1790000000000002",
    "adgroup_name": "NL 18-34",
    "ad_id": "1790000000000003",
    "ad_name": "Video A",
    "ad_id_v2": "1790000000000003",
    "ad_name_v2": "Video A",
    "placement": "TikTok",
    "callback": "CKqP0NjW5vYCEgo",
    "ip": "127.0.0.1",
    "ua": USER_AGENT,
}


def click_line(redirector_url: str, demo: Demo) -> str:
    """Shows the status and where the redirect leads. Each call has a ttclid of its own, as each tap on an ad has."""
    query = urlencode({**MACROS, "ttclid": f"E.C.P.{secrets.token_urlsafe(96)}"})
    show = ["-sS", "-o", os.devnull, "-w", r"%{http_code} %{redirect_url}\n"]
    return shlex.join(["curl", *show, "-A", USER_AGENT, f"{redirector_url}/{demo.slug}?{query}"])


def install_line(forwarder_url: str, demo: Demo, install_id: str) -> str:
    body = {
        "install_id": install_id,
        "platform": "ios",
        "device": {"os_version": OS_VERSION, "locale": "en-NL"},
        "app_version": "1.0.0",
        "consent": {"marketing": "granted"},
    }
    return _post(f"{forwarder_url}/v1/installs", demo, body)


def event_line(forwarder_url: str, demo: Demo, install_id: str) -> str:
    body = {
        "event_id": str(uuid.uuid4()),
        "install_id": install_id,
        "name": "purchase",
        "value": "9.99",
        "currency": "EUR",
        "properties": {"contents": [{"content_id": "premium", "price": 9.99, "quantity": 1}]},
    }
    return _post(f"{forwarder_url}/v1/events", demo, body)


def _post(url: str, demo: Demo, body: dict[str, Any]) -> str:
    headers = ["-H", f"Authorization: Bearer {demo.api_key}", "-H", "Content-Type: application/json"]
    write = ["-w", r"\n"]
    return shlex.join(["curl", "-sS", *write, *headers, "-d", msgspec.json.encode(body).decode(), url])


def list_line(environment: Mapping[str, str], program: str = sys.argv[0]) -> str:
    """How the deliveries are listed from the same directory, with the same DATA_DIR."""
    command = [program] if Path(program).name == "signalpost" else [sys.executable, "-m", "cli"]
    line = shlex.join([*command, "delivery", "list"])
    data_dir = environment.get("DATA_DIR")
    return f"DATA_DIR={shlex.quote(data_dir)} {line}" if data_dir else line


def demo_lines(redirector_url: str, forwarder_url: str, demo: Demo, environment: Mapping[str, str]) -> list[str]:
    """Four lines to run in order; a new install and a new event each time they are made."""
    install_id = str(uuid.uuid4())
    return [
        click_line(redirector_url, demo),
        install_line(forwarder_url, demo, install_id),
        event_line(forwarder_url, demo, install_id),
        list_line(environment),
    ]
