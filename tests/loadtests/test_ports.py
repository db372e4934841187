"""Ports for servers that tests start: none twice."""

import socket
import subprocess
import sys

import pytest

from config.settings import METRICS_PORT_OFFSET
from loadtests import ports

PRINT_SOME = "from loadtests.ports import free_ports; print(*free_ports(50)); input()"


def test_no_port_is_given_twice() -> None:
    found = ports.free_ports(200)
    assert len(set(found)) == 200


def test_two_processes_are_given_different_ones_while_nobody_listens_yet() -> None:
    others = [
        subprocess.Popen(
            [sys.executable, "-c", PRINT_SOME],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="ascii",
        )
        for _ in range(2)
    ]
    lines = [other.stdout.readline() for other in others if other.stdout]
    for other in others:
        other.communicate("\n")
    found = [*ports.free_ports(50), *(int(port) for line in lines for port in line.split())]
    assert len(set(found)) == len(found) == 150


def test_a_browser_opens_pages_at_all_of_them() -> None:
    refused_by_chromium = (6000, 6566, 6667, 6697, 10080)  # the last of its list of restricted ports
    assert max(refused_by_chromium) < ports.FIRST


def test_none_lies_where_the_kernel_picks_ports_for_outgoing_connections() -> None:
    with socket.socket() as picked:
        picked.bind(("127.0.0.1", 0))
        assert max(ports.free_ports(20)) + METRICS_PORT_OFFSET < ports.END < picked.getsockname()[1]


@pytest.mark.parametrize("offset", [0, METRICS_PORT_OFFSET])
def test_one_somebody_listens_on_is_passed_over(offset: int) -> None:
    taken = ports.free_port() + 1  # the next of the block
    with socket.create_server(("127.0.0.1", taken + offset)):
        assert ports.free_port() > taken
    assert ports.METRICS_OFFSET == METRICS_PORT_OFFSET
