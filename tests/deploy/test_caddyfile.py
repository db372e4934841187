"""The Caddyfile, as far as it can be checked without Caddy: its blocks close, its addresses and logs are ours."""

import re

from tests.deploy.files import DEPLOY, PORTS, yaml

TEXT = (DEPLOY / "caddy" / "Caddyfile").read_text()
LINES = [line.strip() for line in TEXT.splitlines() if line.strip() and not line.strip().startswith("#")]


def placeholders() -> dict[str, str]:
    """Variable -> its default."""
    return dict(re.findall(r"\{\$(\w+):?([^}]*)\}", TEXT))


def test_every_block_is_closed() -> None:
    depth = 0
    for line in LINES:
        depth += line.endswith("{") - (line == "}")
        assert depth >= 0
    assert depth == 0


def test_what_is_imported_is_defined_before() -> None:
    defined: set[str] = set()
    for line in LINES:
        defined |= set(re.findall(r"^\((\w+)\) \{$", line))
        assert set(re.findall(r"^import (\w+)$", line)) <= defined


def test_without_compose_each_process_is_asked_at_its_default_port() -> None:
    for process in ("redirector", "forwarder", "console"):
        assert placeholders()[f"{process.upper()}_ADDRESS"] == f"127.0.0.1:{PORTS[process]}"


def test_compose_gives_it_every_variable() -> None:
    for file in ("compose.yaml", "compose.servers.yaml"):
        assert set(yaml(file)["services"]["caddy"]["environment"]) == set(placeholders())


def test_no_log_holds_an_address_a_header_or_a_query_string() -> None:
    for field in ("request>remote_ip", "request>client_ip", "request>remote_port", "request>headers", "resp_headers"):
        assert f"{field} delete" in LINES
    (found,) = re.findall(r'request>uri regexp "(.+)" "\$1"', TEXT)
    shown = re.compile(found)  # Go's syntax, within what both have
    for path, logged in (
        ("/spring?ttclid=E.C.P", "/spring"),
        ("/spring%3Fttclid=E.C.P", "/spring"),
        ("/v1/installs/5f0c?external_id=ada", "/v1/installs/"),
        ("/v1/installs", "/v1/installs"),
        ("/apps/app_1/live/items?after=3", "/apps/app_1/live/items"),
    ):
        assert shown.sub(r"\1", path) == logged
    # sites log with it, and so does Caddy itself, which tells of requests that failed
    assert LINES.count("import without_people") == 2
    assert LINES.count("import access_log") == 3


def test_the_console_is_closed_to_the_world_unless_it_is_opened() -> None:
    assert placeholders()["CONSOLE_NETWORKS"] == "127.0.0.1/32 ::1/128"
    console = TEXT[TEXT.index("{$CONSOLE_DOMAIN} {") :]
    assert re.search(r"@outside not remote_ip \{\$CONSOLE_NETWORKS.*\n\tabort @outside", console)
    assert "flush_interval -1" in console
