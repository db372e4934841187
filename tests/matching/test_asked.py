"""Which visits a backtest may leave out: none that any install could ask for."""

import json
from pathlib import Path
from typing import Any

import pytest

from backtest.asked import asked_by
from backtest.lines import click_of
from tests.matching.recorded import click, install

INSTALL = install(ip="203.0.113.7", ips=["2001:db8:1:2::9"], install_referrer="click_id=named", click_id="linked")


def may_concern(tmp_path: Path, visit: dict[str, Any], *installs: dict[str, Any] | str) -> bool:
    file = tmp_path / "installs.ndjson"
    file.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in installs or (INSTALL,)))
    return asked_by(file).may_concern(click_of(json.dumps(visit).encode()))


@pytest.mark.parametrize(
    "visit",
    [
        click(ip="203.0.113.7"),
        click(ip="2001:db8:1:2::1"),
        click(ip="::ffff:203.0.113.7"),
        click(ip="192.0.2.1", click_id="named"),
        click(ip="192.0.2.1", click_id="linked"),
        click(ip="192.0.2.1", query="ttclid=x&ip=203.0.113.7"),
        click(ip="192.0.2.1", query="ip=2001%3Adb8%3A1%3a2%3A%3A1&ttclid=x"),
        click(ip="192.0.2.1", query="ip=203.0.113.7&ip=192.0.2.1"),
        click(ip="192.0.2.1", query="a=b&amp;ip=203.0.113.7"),
        click(ip="192.0.2.1", query="ip=%32%303.0.113.7"),
        click(ip="192.0.2.1", query="%69p=203.0.113.7"),
        click(ip="192.0.2.1", query="ttclid=x&i%70=203.0.113.7"),
        click(ip="192.0.2.1", query="ip=__IP__"),
    ],
    ids=["IPv4", "the /64", "mapped", "by the referrer", "by a link", "second", "second encoded", "two", "odd", "odder",
         "encoded name", "encoded later", "left as it was"],
)  # fmt: skip
def test_what_an_install_could_find_is_kept(tmp_path: Path, visit: dict[str, Any]) -> None:
    assert may_concern(tmp_path, visit)


@pytest.mark.parametrize(
    "visit",
    [
        click(ip="203.0.113.8"),
        click(ip="2001:db8:1:3::1", click_id="another"),
        click(ip="192.0.2.1", query="ip=192.0.2.2&ttclid=x"),
        click(ip="192.0.2.1", query="ip=2001%3Adb8%3A9%3A%3A1"),
    ],
)
def test_what_none_can_find_is_not(tmp_path: Path, visit: dict[str, Any]) -> None:
    assert not may_concern(tmp_path, visit)


@pytest.mark.parametrize(
    "ip", ["203.0.113.7:443", "203.0.113.7, 10.0.0.1", "[2001:db8:1:2::7]:80", "::ffff:203.0.113.7"]
)
def test_an_installs_address_is_read_as_intake_reads_it(tmp_path: Path, ip: str) -> None:
    found = click(ip="2001:db8:1:2::1" if "[" in ip else "203.0.113.7")
    assert may_concern(tmp_path, found, install(ip=ip))


@pytest.mark.parametrize("line", ["{", "[]", '{"ip": 7}', '{"ip": "home"}', '{"ips": ["x"]}'])
def test_a_line_that_cannot_be_read_asks_for_nothing(tmp_path: Path, line: str) -> None:
    assert not may_concern(tmp_path, click(), line)
