"""`signalpost up`, run for real."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from tests.cli.running_up import PATIENCE_S, RunningUp, environment, running_up, signalpost

PROCESSES = {"redirector", "forwarder", "worker", "console", "sandbox"}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def shell(line: str, env: dict[str, str]) -> str:
    done = subprocess.run(line, shell=True, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=True)  # noqa: S602
    return done.stdout


def printed_values(up: RunningUp) -> list[str]:
    return [line for line in up.lines if line.startswith(("app_id", "api_key", "slug", "pixel", "Signal link "))]


def printed_commands(up: RunningUp) -> list[str]:
    return [line for line in up.lines if line.startswith("curl ") or line.endswith("delivery list")]


def check_lines_work_as_printed(up: RunningUp) -> None:
    click, install, event, _ = printed_commands(up)
    assert shell(click, up.env).startswith("302 https://apps.apple.com/")
    answer = json.loads(shell(install, up.env))
    assert answer.get("attributed") is True, answer
    assert answer["match"]["method"] == "probabilistic"
    assert json.loads(shell(event, up.env))["accepted"] == 1
    until(lambda: delivered(up, answer["install_id"]) == {"Download", "Purchase"})


def delivered(up: RunningUp, install_id: str) -> set[str]:
    items = json.loads(signalpost(up.env, "delivery", "list", "--json").stdout)["items"]
    return {i["target_event"] for i in items if i["install_id"] == install_id and i["state"] == "delivered"}


def check_crashed_process_is_started_again(up: RunningUp) -> None:
    killed = up.runfile()["processes"]["forwarder"]["pid"]
    os.kill(killed, signal.SIGKILL)
    until(lambda: up.runfile()["processes"]["forwarder"]["pid"] not in {killed, None})
    url = up.runfile()["processes"]["forwarder"]["url"]
    until(lambda: answers(f"{url}/readyz"))


def check_an_app_can_be_connected(up: RunningUp) -> None:
    app_id = json.loads(signalpost(up.env, "app", "list", "--json").stdout)["items"][0]["app_id"]
    url = json.loads(signalpost(up.env, "tiktok", "connect", "--app", app_id, "--json").stdout)["url"]
    page = httpx.get(url, params={**httpx.URL(url).params, "decision": "allow"}, follow_redirects=True, trust_env=False)
    assert page.status_code == 200
    assert "is connected" in page.text
    assert any(line.startswith("Console ") and line.endswith(f":{up.env['CONSOLE_PORT']}") for line in up.lines)


def check_the_first_owner_is_made_with_the_printed_address(up: RunningUp) -> None:
    (url,) = [line for line in up.lines if "/setup?token=" in line]
    page = httpx.get(url, trust_env=False)
    assert page.status_code == 200
    fields = {"email": "anna@example.com", "password": "kettle-on-the-stove", "token": httpx.URL(url).params["token"]}
    answer = httpx.post(str(httpx.URL(url).copy_with(query=None)), data=fields, trust_env=False)
    assert answer.status_code == 303
    assert httpx.get(url, trust_env=False).status_code == 410


def check_second_worker_runs_beside(env: dict[str, str]) -> None:
    without_engines = {name: value for name, value in env.items() if name not in {"REDIS_URL", "DATABASE_URL"}}
    command = [sys.executable, "-P", "-m", "cli", "run", "worker"]
    with subprocess.Popen(command, env=without_engines, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        assert "this worker has no listener" in worker.stderr.readline()
        assert "worker started" in worker.stderr.readline()
        worker.terminate()
        assert worker.wait(PATIENCE_S) == 0


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_day_in_the_life_of_up(data_dir: Path) -> None:
    env = environment(data_dir)
    with running_up(env, "--demo", "--no-history") as up:
        content = up.runfile()
        assert set(content["processes"]) == PROCESSES
        assert set(content["engines"]) == {"redis", "postgresql"}
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
        assert content["settings"]["TIKTOK_API_URL"] == content["processes"]["sandbox"]["url"]
        assert all(answers(f"{process['url']}/readyz") for process in content["processes"].values())
        check_lines_work_as_printed(up)
        check_an_app_can_be_connected(up)
        check_the_first_owner_is_made_with_the_printed_address(up)
        check_crashed_process_is_started_again(up)
        second = signalpost(env, "up")
        assert (second.returncode, second.stdout) == (1, "")
        assert f"runs already in {data_dir.resolve()} (process {up.process.pid})" in second.stderr
        values = printed_values(up)
        up.process.kill()
        up.process.wait(PATIENCE_S)
        ours = {process["pid"] for process in content["processes"].values()}
        until(lambda: not ours & {process.pid for process in up.left_over()})
        assert {process.pid for process in up.left_over()} >= {e["pid"] for e in content["engines"].values()}
        with running_up(env, "--demo", "--no-history") as after_kill:
            until(lambda: not up.left_over())
            assert printed_values(after_kill) == values
            assert printed_commands(after_kill)[:3] != printed_commands(up)[:3]
            check_lines_work_as_printed(after_kill)
            assert after_kill.stop(signal.SIGINT) == 0
            assert after_kill.left_over() == []
            assert not (data_dir / "run.json").exists()


def test_engines_that_are_set_are_used_and_without_the_sandbox_tiktok_itself_is_sent_to(
    data_dir: Path, redis_url: str, database_url: str
) -> None:
    env = environment(data_dir) | {"REDIS_URL": redis_url, "DATABASE_URL": database_url}
    env |= {"ALL_PROXY": "socks5h://127.0.0.1:1", "all_proxy": "socks://x", "no_proxy": "127.0.0.1,fd00::/8,[,]"}
    with running_up(env, "--json") as up:
        shown = json.loads(up.lines[0])
        assert set(shown["processes"]) == PROCESSES - {"sandbox"}
        assert [set(engine) for engine in shown["engines"].values()] == [{"url"}, {"url"}]
        assert not {"valkey", "postgresql"} & {path.name for path in data_dir.iterdir()}
        assert up.runfile()["settings"]["TIKTOK_API_URL"] == "https://business-api.tiktok.com"
        check_second_worker_runs_beside(env)
        assert up.stop(signal.SIGTERM) == 0
        assert up.left_over() == []


def refused(env: dict[str, str], *options: str) -> str:
    """The one sentence `up` says when it ends with status 1."""
    done = signalpost(env, "up", *options)
    sentences = [line for line in done.stderr.splitlines() if line and not line.startswith("{")]
    assert (done.returncode, done.stdout, len(sentences)) == (1, "", 1), done.stderr
    assert not [p for p in psutil.process_iter(["cmdline"]) if env["DATA_DIR"] in " ".join(p.info["cmdline"] or [])]
    return sentences[0]


def test_a_port_in_use_is_one_sentence(data_dir: Path) -> None:
    env = environment(data_dir)
    with socket.create_server(("127.0.0.1", int(env["FORWARDER_PORT"]))):
        sentence = refused(env)
    assert sentence.startswith(f"FORWARDER_PORT: port {env['FORWARDER_PORT']} is in use by ")


def test_two_processes_on_one_port_are_one_sentence(data_dir: Path) -> None:
    env = environment(data_dir)
    env["WORKER_PORT"] = env["FORWARDER_PORT"]
    assert refused(env).startswith(f"WORKER_PORT: port {env['WORKER_PORT']} is that of FORWARDER_PORT too")


def test_a_data_dir_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refused(environment(tmp_path / "file")).startswith("DATA_DIR: ")


def test_an_engine_that_does_not_start_is_one_sentence_with_its_own_words(data_dir: Path) -> None:
    (data_dir / "valkey" / "appendonlydir").mkdir(parents=True)
    (data_dir / "valkey" / "appendonlydir" / "appendonly.aof.manifest").write_text("this is no manifest\n")
    sentence = refused(environment(data_dir))
    assert sentence.startswith("Valkey does not start: ")
    assert "manifest" in sentence


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REDIS_URL", "redis://127.0.0.1:1/0", "check REDIS_URL"),
        ("DATABASE_URL", "postgresql://someone:secret@127.0.0.1:1/ledger", "check DATABASE_URL"),
        ("DATABASE_URL", "postgres://someone:se/cr#et@127.0.0.1:1/ledger?sslmode=require", "check DATABASE_URL"),
        ("DATABASE_URL", "postgres://someone:se/cret@127.0.0.1:port/ledger", "DATABASE_URL cannot be read"),
        ("DATABASE_URL", "postgres://someone:secret@127.0.0.1/ledger?sslmode=never", "DATABASE_URL cannot be read"),
        ("REDIRECTOR_PORT", "eighty", "REDIRECTOR_PORT: "),
        ("SECRET_KEY", "short", "SECRET_KEY: "),
    ],
)
def test_a_setting_that_leads_nowhere_is_one_sentence(data_dir: Path, name: str, value: str, words: str) -> None:
    sentence = refused(environment(data_dir) | {name: value})
    assert words in sentence
    assert not any(part in sentence for part in ("secret", "se/", "cr#", "et@", "cret"))


def test_the_demo_without_the_sandbox_is_wrong_usage(data_dir: Path) -> None:
    assert signalpost(environment(data_dir), "up", "--demo", "--no-sandbox").returncode == 2
