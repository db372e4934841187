"""The lines for the command line, as the console shows them, do what they say."""

import json
import subprocess

from console.snippets import KEY, snippets
from tests.journeys.traveller import Signalpost


def test_the_curl_lines_report_an_install_and_an_event_of_it(signalpost: Signalpost) -> None:
    [code] = [
        one.code for one in snippets(signalpost.url("forwarder"), signalpost.demo["app_id"]) if one.title == "curl"
    ]
    code = code.replace(KEY, signalpost.demo["api_key"])
    ran = subprocess.run(["bash", "-e"], input=code, capture_output=True, text=True, check=True)
    install, event = (json.loads(line) for line in ran.stdout.replace("}{", "}\n{").splitlines() if line.strip())
    assert install["install_id"] == "00000000-0000-4000-8000-000000000001"
    assert install["match"]["method"] == "none"
    assert event["accepted"] == 1
