#!/usr/bin/env bash
# ua-parser 1.0.2 with ua-parser-builtins 202610: from iOS 26 on, Safari writes a fixed "CPU iPhone OS 18_6" into its
# User-Agent, and the truth only into "Version/26.x". The parser takes the first for the version of the system. TikTok's
# webview still writes the true one there, so clicks of one phone from the two browsers seem to come from two phones, and
# an install that reports 26.x seems to be a third.
#
# Seen:
#   Safari on iOS 26.1: iOS 18.6, browser Mobile Safari 26.1
#   TikTok on iOS 26.1: iOS 26.1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ua-parser==1.0.2 ua-parser-builtins==202610
"$folder/venv/bin/python" - <<'PYTHON'
from ua_parser import parse_os, parse_user_agent

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
safari = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {WEBKIT} Version/26.1 Mobile/15E148 Safari/604.1"
tiktok = f"Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) {WEBKIT} Mobile/15E148 musical_ly_43.1.0 BytedanceWebview/d8a21c6"
system, browser = parse_os(safari), parse_user_agent(safari)
print(f"Safari on iOS 26.1: {system.family} {system.major}.{system.minor}, browser {browser.family} {browser.major}.{browser.minor}")
assert (system.major, system.minor, browser.major, browser.minor) == ("18", "6", "26", "1")
system = parse_os(tiktok)
print(f"TikTok on iOS 26.1: {system.family} {system.major}.{system.minor}")
assert (system.major, system.minor) == ("26", "1")
PYTHON
