"""What is said of a port that cannot be listened on."""

import os
import socket

import pytest

from stack.ports import port_problem, reachable_host


def test_a_free_port_is_no_problem(free_port: int) -> None:
    assert port_problem("REDIRECTOR_PORT", "127.0.0.1", free_port) is None


def test_a_port_in_use_is_named_with_its_setting_and_who_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        problem = port_problem("REDIRECTOR_PORT", "127.0.0.1", port)
    assert problem is not None
    assert problem.startswith(f"REDIRECTOR_PORT: port {port} is in use by ")
    assert f"(process {os.getpid()})" in problem


def test_a_port_somebody_listens_on_at_every_address_is_in_use() -> None:
    with socket.create_server(("", 0)) as listener:
        assert "in use" in str(port_problem("SANDBOX_PORT", "127.0.0.1", listener.getsockname()[1]))


@pytest.mark.parametrize("host", ["192.0.2.1", "not a host"])
def test_an_address_this_machine_does_not_have_is_the_host_s_fault(host: str, free_port: int) -> None:
    assert str(port_problem("WORKER_PORT", host, free_port)).startswith(f"HOST: {host} port {free_port}")


def test_a_metrics_port_that_cannot_exist_is_a_sentence() -> None:
    assert "is not a port" in str(port_problem("REDIRECTOR_PORT + 1000 (metrics)", "127.0.0.1", 66_000))


@pytest.mark.parametrize(
    ("host", "reachable"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("go.example.com", "go.example.com"),
    ],
)
def test_the_host_a_listener_is_reached_at(host: str, reachable: str) -> None:
    assert reachable_host(host) == reachable
