"""The lines `up --demo` prints for people to run."""

import json
import shlex
from urllib.parse import parse_qs, urlsplit

from admin.demo import Demo
from cli.demo_lines import MACROS, demo_lines, list_line
from tiktok.macros import LINK_PARAMETERS

DEMO = Demo("app_1", "sp_key", "demo", "px_1", "DEMOPIXEL0000000000", "token")


def lines(environment: dict[str, str] | None = None) -> list[list[str]]:
    printed = demo_lines("http://127.0.0.1:8000", "http://127.0.0.1:8001", DEMO, environment or {})
    assert not any("\n" in line for line in printed)
    return [shlex.split(line) for line in printed]


def test_the_click_fills_every_macro_of_a_signal_link_and_has_a_ttclid() -> None:
    url = urlsplit(lines()[0][-1])
    query = parse_qs(url.query)
    assert url.path == "/demo"
    assert set(query) == {parameter for parameter, _ in LINK_PARAMETERS} | {"ttclid"}
    assert query["campaign_name"] == [MACROS["campaign_name"]]
    assert not any("__" in value for name in MACROS for value in query[name])


def test_the_event_belongs_to_the_install_printed_before_it() -> None:
    _, install, event, _ = lines()
    body, event_body = (json.loads(line[line.index("-d") + 1]) for line in (install, event))
    assert event_body["install_id"] == body["install_id"]
    assert (event_body["name"], event_body["value"], event_body["currency"]) == ("purchase", "9.99", "EUR")
    assert body["consent"] == {"marketing": "granted"}
    assert (install[-1], event[-1]) == ("http://127.0.0.1:8001/v1/installs", "http://127.0.0.1:8001/v1/events")


def test_each_time_they_are_printed_it_is_another_click_install_and_event() -> None:
    assert all(first != second for first, second in zip(lines()[:3], lines()[:3], strict=True))


def test_the_list_is_that_of_the_same_data_dir() -> None:
    line = list_line({"DATA_DIR": "/a b/var"}, ".venv/bin/signalpost")
    assert line == "DATA_DIR='/a b/var' .venv/bin/signalpost delivery list"
    assert list_line({}, ".venv/bin/signalpost") == ".venv/bin/signalpost delivery list"
