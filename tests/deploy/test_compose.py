"""Dockerfile and compose files: what they start exists, listens where they look for it, and knows its settings."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from cli.__main__ import COMMANDS
from stack.processes import ProcessName
from tests.deploy.files import DEPLOY, PORTS, ROOT, SETTINGS, yaml

FILES = ("compose.yaml", "compose.servers.yaml")
PUBLIC = {"redirector", "forwarder", "console"}


def ours() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(file, name, service) of every service that runs our image."""
    for file in FILES:
        for name, service in yaml(file)["services"].items():
            if "build" in service:
                yield file, name, service


def dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize(("file", "name", "service"), list(ours()))
def test_a_service_runs_a_command_that_exists(file: str, name: str, service: dict[str, Any]) -> None:
    command, *arguments = service["command"]
    assert command in COMMANDS
    if command == "run":
        assert [ProcessName(argument) for argument in arguments] == [ProcessName(name)]


def test_with_servers_every_process_that_always_runs_is_a_service() -> None:
    running = {
        name for file, name, service in ours() if file == "compose.servers.yaml" and service["command"][0] == "run"
    }
    assert running == {name.value for name in ProcessName} - {"sandbox"}


@pytest.mark.parametrize(("file", "name", "service"), list(ours()))
def test_a_service_names_settings_that_exist(file: str, name: str, service: dict[str, Any]) -> None:
    assert set(service["environment"]) <= SETTINGS
    assert re.findall(r"\$\{(\w+)(?![\w:])", json.dumps(service)) <= [
        "POSTGRES_PASSWORD"
    ]  # the rest says what to do without


@pytest.mark.parametrize("file", FILES)
def test_the_proxy_asks_each_process_at_its_own_port(file: str) -> None:
    services = yaml(file)["services"]
    for process in PUBLIC:
        host, _, port = services["caddy"]["environment"][f"{process.upper()}_ADDRESS"].partition(":")
        assert (host in services, int(port)) == (True, PORTS[process])


@pytest.mark.parametrize("file", FILES)
def test_only_the_proxy_is_reached_from_outside(file: str) -> None:
    assert [name for name, service in yaml(file)["services"].items() if "ports" in service] == ["caddy"]


@pytest.mark.parametrize("file", FILES)
def test_the_proxys_own_address_alone_is_believed_and_no_other_container_gets_it(file: str) -> None:
    content = yaml(file)
    proxy = content["services"]["caddy"]["networks"]["inner"]["ipv4_address"]
    assert {s["environment"]["TRUSTED_PROXIES"] for f, _, s in ours() if f == file} == {f"{proxy}/32"}
    (pool,) = content["networks"]["inner"]["ipam"]["config"]
    assert ip_address(proxy) in ip_network(pool["subnet"])
    assert ip_address(proxy) not in ip_network(pool["ip_range"])


@pytest.mark.parametrize("file", FILES)
def test_every_volume_and_network_is_declared(file: str) -> None:
    content = yaml(file)
    for service in content["services"].values():
        named = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in named if not name.startswith(".")} <= set(content["volumes"])
        assert set(service["networks"]) <= set(content["networks"])
        assert all((DEPLOY / name).is_file() for name in named if name.startswith("."))


def test_a_health_check_asks_the_port_of_its_process() -> None:
    for _, name, service in ours():
        if "healthcheck" in service:
            assert f"127.0.0.1:{PORTS[name]}/readyz" in service["healthcheck"]["test"][-1]
    asked = re.search(r"for p in \(([\d, ]+)\)", dockerfile())
    assert asked is not None
    assert {int(port) for port in asked[1].split(",")} == {PORTS[name.value] for name in ProcessName} - {
        PORTS["sandbox"]
    }


@pytest.mark.parametrize("where", ["Dockerfile", "compose.servers.yaml"])
def test_a_health_check_is_a_program_that_can_be_read(where: str) -> None:
    if where == "Dockerfile":
        found = re.search(r'CMD (\["python".*\])', dockerfile())
        assert found is not None
        program = json.loads(found[1])[2]
    else:
        program = yaml(where)["services"]["worker"]["healthcheck"]["test"][-1]
    compile(program, where, "exec")


def test_the_image_starts_our_command_as_nobody_special() -> None:
    lines = dockerfile().splitlines()
    assert 'ENTRYPOINT ["signalpost"]' in lines
    assert "USER signalpost" in lines
    assert lines.index("USER signalpost") > max(n for n, line in enumerate(lines) if line.startswith("RUN"))
    command = json.loads(next(line for line in lines if line.startswith("CMD ")).removeprefix("CMD "))
    assert command[0] in COMMANDS
    assert 'signalpost = "cli.__main__:main"' in (ROOT / "pyproject.toml").read_text()


def test_the_image_takes_packages_by_their_hashes_alone() -> None:
    steps = " ".join(dockerfile().replace("\\\n", " ").split("\n"))
    assert re.findall(r"pip (?:install|wheel|download)(?:(?!&&).)*", steps)[0].find("--require-hashes") > 0
    assert all("--no-index" in step for step in re.findall(r"pip install(?:(?!&&).)*", steps))
    assert not re.search(r"apt-get|apk add|curl|wget|ADD http|--index-url", steps)


def test_what_the_image_copies_exists() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(), re.MULTILINE)
    names = [name for line in copied for name in line.split() if name != "."]
    assert names
    assert all((ROOT / name).is_file() for name in names)


def test_settings_of_the_image_exist() -> None:
    (line,) = re.findall(r"^ENV (.+)$", dockerfile(), re.MULTILINE)
    named = {pair.split("=")[0] for pair in line.split()}
    assert named - {"PATH", "PYTHONDONTWRITEBYTECODE"} <= SETTINGS


def test_valkey_is_set_as_doctor_asks() -> None:
    command = " ".join(yaml("compose.servers.yaml")["services"]["redis"]["command"])
    for words in ("--appendonly yes", "--maxmemory-policy noeviction", "--zset-max-listpack-value 1024"):
        assert words in command


@pytest.mark.parametrize("name", [p.name for p in sorted(DEPLOY.rglob("*")) if p.is_file()])
def test_no_file_names_a_registrys_host(name: str) -> None:
    (path,) = DEPLOY.rglob(name)
    """Nor anything that looks like one: the patterns are wider than the hosts, so that this file names none."""
    assert not re.search(r"\b(?:docker|ghcr|quay)\W?io\b|\bpy\W?pi\b|python\W?hosted", path.read_text(), re.IGNORECASE)


def test_the_console_script_says_its_commands() -> None:
    done = subprocess.run([sys.executable, "-P", "-m", "cli", "migrate", "--help"], capture_output=True, check=False)
    assert done.returncode == 0
