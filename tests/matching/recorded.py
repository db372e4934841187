"""Lines of the two files, written by hand."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "Safari/604.1 musical_ly_41.9.0 BytedanceWebview/d8a21c6"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-A536B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/126.0.6478.134 Mobile Safari/537.36 trill_350703"
)
BOT = "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)"
IP = "203.0.113.7"


def click(at: str = "10:00:00", **fields: Any) -> dict[str, Any]:
    """A click on 1 November 2026; an Android's unless told otherwise."""
    line = {
        "clicked_at": f"2026-11-01T{at}Z",
        "ip": IP,
        "user_agent": ANDROID,
        "query": "ttclid=E.C.P.abcdefghijklmnop",
    }
    return {name: value for name, value in (line | fields).items() if value is not None}


def install(install_id: str = "i-1", at: str = "10:04:00", **fields: Any) -> dict[str, Any]:
    """An install of the same phone on the same day."""
    line = {
        "install_id": install_id, "platform": "android", "occurred_at": f"2026-11-01T{at}Z", "ip": IP,
        "device": {"os_version": "14", "model": "SM-A536B"}, "consent": {"marketing": "granted"},
    }  # fmt: skip
    return {name: value for name, value in (line | fields).items() if value is not None}


def written(path: Path, lines: Iterable[dict[str, Any] | str]) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path
