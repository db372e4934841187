"""What the running system decided, its own recording decides again: clicks and installs, exported and backtested."""

import json
import uuid
from pathlib import Path
from typing import Any

from tests.cli.running_up import signalpost as run_command
from tests.journeys.traveller import ANDROID, IPHONE, Signalpost, new_ttclid, play_referrer

ANDROID_PHONE = {"device": {"model": "SM-S901U", "os_version": "14"}, "consent": {"marketing": "granted"}}
IOS_PHONE = {"platform": "ios", "device": {"os_version": "18.6.2"}, "consent": {"marketing": "granted"}}
OTHER_ANDROID = {"device": {"model": "Pixel 7", "os_version": "16"}, "consent": {"marketing": "granted"}}
CROWD = [ANDROID.replace("SM-S901U", f"SM-A{number}5F") for number in range(12)]


def exported(signalpost: Signalpost, what: str, folder: Path) -> str:
    done = run_command(signalpost.up.env, "export", what, "--app", signalpost.demo["app_id"])
    assert done.returncode == 0, done.stderr
    file = folder / f"{what}.ndjson"
    file.write_text(done.stdout)
    return str(file)


def lived_through(signalpost: Signalpost) -> dict[str, dict[str, Any]]:
    """Clicks and installs of every sort; install id -> what the live system answered."""
    answers: dict[str, dict[str, Any]] = {}

    def install(address: str, **fields: Any) -> None:
        answer = signalpost.install(address, install_id=f"agree-{len(answers)}-{uuid.uuid4()}", **fields)
        answers[answer["install_id"]] = answer["match"]

    named = play_referrer(signalpost.click(new_ttclid(), "198.18.1.1"))
    for number in range(2, 5):
        signalpost.click(new_ttclid(), f"198.18.1.{number}")
    signalpost.click(new_ttclid(), "198.18.1.20", IPHONE)
    signalpost.click(new_ttclid(), "2001:db8:77:1::5", IPHONE)
    signalpost.click(new_ttclid(), "198.18.1.30", "thirdLandingPageFeInfra")
    for agent in CROWD:
        signalpost.click(new_ttclid(), "198.18.1.40", agent)
    install("198.18.9.9", install_referrer=named, **ANDROID_PHONE)
    install("198.18.1.2", **ANDROID_PHONE)
    install("198.18.1.2", **ANDROID_PHONE)
    install("198.18.1.3", **OTHER_ANDROID)
    install("198.18.1.4", **(ANDROID_PHONE | {"consent": {"marketing": "denied"}}))
    install("198.18.1.4", **(ANDROID_PHONE | {"consent": {}}))
    install("198.18.1.20", **IOS_PHONE)
    install("2001:db8:77:1:ffff::9", **IOS_PHONE)
    install("198.18.1.30", **IOS_PHONE)
    install("198.18.1.40", **OTHER_ANDROID)
    install("198.18.9.9", install_referrer=f"click_id={'A' * 22}", **OTHER_ANDROID)
    return answers


def test_a_backtest_of_what_was_recorded_gives_the_answers_that_were_given(
    signalpost: Signalpost, tmp_path: Path
) -> None:
    live = lived_through(signalpost)
    files = (
        "--clicks",
        exported(signalpost, "clicks", tmp_path),
        "--installs",
        exported(signalpost, "installs", tmp_path),
    )
    done = run_command(signalpost.up.env, "match", "backtest", *files, "--app", signalpost.demo["app_id"])
    assert done.returncode == 0, done.stderr
    again = {line["install_id"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert again.keys() == live.keys()
    for install_id, match in live.items():
        assert (again[install_id]["method"], again[install_id]["click_id"]) == (match["method"], match.get("click_id"))
        assert abs((again[install_id]["probability"] or 0) - (match.get("probability") or 0)) < 0.01
    methods = [match["method"] for match in live.values()]
    assert {method: methods.count(method) for method in set(methods)} == {"referrer": 1, "probabilistic": 3, "none": 7}
