#!/usr/bin/env bash
# locust 2.47.0: a link that answers 302 to an app store's own address (market://, itms-apps://), or an app's (intent://),
# is asked, and locust has no request for it: neither a success nor a failure, only an exception of the task. The load
# seems lower than it was. FastHttpUser counts the same answer as a failure with the code 0. A 302 to a web page counts,
# with the page's time on top. The way out for each: allow_redirects=False.
#
# Seen:
#   HttpUser      market://    asked 1, counted 0, failures 0
#   HttpUser      itms-apps:// asked 1, counted 0, failures 0
#   HttpUser      intent://    asked 1, counted 0, failures 0
#   HttpUser      http://      asked 2, counted 1, failures 0
#   FastHttpUser  market://    asked 1, counted 1, failures 1
#   HttpUser      market://    asked 1, counted 1, failures 0, with allow_redirects=False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check locust==2.47.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
from locust import FastHttpUser, HttpUser
from locust.env import Environment  # locust first: it patches the threads below
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

asked = []
PLACES = {
    "market://": "market://details?id=com.example.app",
    "itms-apps://": "itms-apps://apps.apple.com/app/id1",
    "intent://": "intent://open#Intent;scheme=example;package=com.example.app;end",
    "http://": "/page",
}


class Links(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        place = PLACES.get(self.path.removeprefix("/to/"))
        self.send_response(302 if place else 200)
        if place:
            self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Links)
Thread(target=server.serve_forever, daemon=True).start()
CASES = (
    (HttpUser, "market://", {}, (1, 0, 0)),
    (HttpUser, "itms-apps://", {}, (1, 0, 0)),
    (HttpUser, "intent://", {}, (1, 0, 0)),
    (HttpUser, "http://", {}, (2, 1, 0)),
    (FastHttpUser, "market://", {}, (1, 1, 1)),
    (HttpUser, "market://", {"allow_redirects": False}, (1, 1, 0)),
)
for kind, scheme, options, expected in CASES:
    asked.clear()
    user = type("Tapper", (kind,), {"host": f"http://127.0.0.1:{server.server_port}"})
    environment = Environment(user_classes=[user])
    environment.create_local_runner()
    try:
        user(environment).client.get(f"/to/{scheme}", **options)
    except Exception as error:  # what a task of a running test would report
        assert type(error).__name__ == "InvalidSchema", error
    total = environment.stats.total
    seen = (len(asked), total.num_requests, total.num_failures)
    how = ", with allow_redirects=False" if options else ""
    print(f"{kind.__name__:<13} {scheme:<12} asked {seen[0]}, counted {seen[1]}, failures {seen[2]}{how}")
    assert seen == expected
PYTHON
