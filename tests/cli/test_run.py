"""`signalpost run` and the Procfile."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from config.settings import METRICS_PORT_OFFSET
from stack.parent import PARENT_FD
from stack.processes import ProcessName
from tests.cli.running_up import PATIENCE_S, environment, signalpost


@pytest.fixture
def engine_urls(data_dir: Path, redis_url: str, database_url: str) -> dict[str, str]:
    return environment(data_dir) | {"REDIS_URL": redis_url, "DATABASE_URL": database_url}


def test_the_procfile_has_one_line_for_each_process() -> None:
    lines = (Path(__file__).parents[2] / "Procfile").read_text().splitlines()
    assert lines == [f"{name.value}: .venv/bin/signalpost run {name.value}" for name in ProcessName]


@pytest.mark.parametrize("name", ["redirector", "forwarder", "worker"])
def test_a_process_without_redis_says_what_to_do(data_dir: Path, name: str) -> None:
    done = signalpost(environment(data_dir), "run", name)
    assert (done.returncode, done.stderr) == (1, "no Redis: set REDIS_URL or start `signalpost up`\n")


@pytest.mark.parametrize("name", ["forwarder", "worker", "console"])
def test_a_process_without_postgresql_says_what_to_do(data_dir: Path, name: str) -> None:
    done = signalpost(environment(data_dir) | {"REDIS_URL": "redis://127.0.0.1:1"}, "run", name)
    assert (done.returncode, done.stderr) == (1, "no PostgreSQL: set DATABASE_URL or start `signalpost up`\n")


def test_an_unknown_process_is_wrong_usage(data_dir: Path) -> None:
    assert signalpost(environment(data_dir), "run", "conductor").returncode == 2


def test_a_setting_that_cannot_be_used_is_one_sentence(data_dir: Path) -> None:
    done = signalpost(environment(data_dir) | {"SANDBOX_PORT": "x"}, "run", "sandbox")
    assert done.returncode == 1
    assert re.fullmatch(r"SANDBOX_PORT: .*\n", done.stderr)


@pytest.mark.parametrize("name", ["redirector", "forwarder", "console", "sandbox"])
def test_a_port_in_use_is_named(data_dir: Path, redis_url: str, database_url: str, name: str) -> None:
    env = environment(data_dir) | {"REDIS_URL": redis_url, "DATABASE_URL": database_url}
    setting = f"{name.upper()}_PORT"
    with socket.create_server(("127.0.0.1", int(env[setting]))):
        done = signalpost(env, "run", name)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"{setting}: port {env[setting]} is in use by ")


@pytest.mark.parametrize("name", ["redirector", "forwarder", "console", "sandbox"])
def test_a_host_that_nobody_knows_is_one_sentence(engine_urls: dict[str, str], name: str) -> None:
    done = signalpost(engine_urls | {"HOST": "no such host"}, "run", name)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "no such host" in done.stderr.splitlines()[-1]


def test_a_redirector_without_a_port_left_for_its_metrics_is_one_sentence(engine_urls: dict[str, str]) -> None:
    done = signalpost(engine_urls | {"REDIRECTOR_PORT": "65000"}, "run", "redirector")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "66000 is not a port" in done.stderr


def test_a_process_ends_when_the_up_that_started_it_is_gone(data_dir: Path) -> None:
    reading, writing = os.pipe()
    env = environment(data_dir) | {PARENT_FD: str(reading)}
    command = [sys.executable, "-P", "-m", "cli", "run", "sandbox"]
    with subprocess.Popen(command, env=env, pass_fds=(reading,), stderr=subprocess.PIPE, text=True) as process:
        os.close(reading)
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        os.close(writing)
        assert process.wait(PATIENCE_S) == 0


def test_the_console_needs_no_redis_and_counts_on_a_port_of_its_own(data_dir: Path, database_url: str) -> None:
    env = environment(data_dir) | {"DATABASE_URL": database_url}
    command = [sys.executable, "-P", "-m", "cli", "run", "console"]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        port = int(env["CONSOLE_PORT"])
        wait_until_it_answers(f"http://127.0.0.1:{port}/readyz")
        answer = httpx.get(f"http://127.0.0.1:{port}/oauth/tiktok/callback", trust_env=False)
        assert answer.status_code == 503  # no developer app is set
        assert "server" not in answer.headers
        counted = httpx.get(f"http://127.0.0.1:{port + METRICS_PORT_OFFSET}/metrics", trust_env=False).text
        assert 'signalpost_tiktok_logins_total{outcome="not_set_up"} 1.0' in counted
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            assert httpx.get(url, trust_env=False).status_code == 200
            return
        except httpx.HTTPError:
            assert time.monotonic() < deadline, "it never answered"
            time.sleep(0.05)
