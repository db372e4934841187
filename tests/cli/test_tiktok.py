"""`signalpost tiktok`, with the sandbox in TikTok's place."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from admin.session import open_session
from admin.tiktok_callback import Callback, finish_connect
from config.settings import AllSettings
from tests.account_sandbox import APP, COFFEE, TEA, TEA_PIXEL, AccountSandbox, account_sandbox, advertiser, coffee
from tests.cli.conftest import Cli


@pytest.fixture
def sandbox(environment: dict[str, str]) -> Iterator[AccountSandbox]:
    with account_sandbox() as running:
        environment |= {"TIKTOK_API_URL": running.url, "TIKTOK_APP_ID": APP.app_id, "TIKTOK_APP_SECRET": APP.secret}
        yield running


@pytest.fixture
def connected(cli: Cli, app_id: str, sandbox: AccountSandbox, environment: dict[str, str]) -> str:
    """The app, after a login that reaches two advertisers."""
    sandbox.load(advertiser(), coffee())
    back = sandbox.login(cli("tiktok", "connect", "--app", app_id, "--json").value["url"])
    settings = AllSettings(**{name.lower(): value for name, value in environment.items()})  # type: ignore[arg-type]

    async def finish() -> None:
        async with open_session(settings) as session:
            await finish_connect(session, Callback(back["auth_code"], back["state"]))

    asyncio.run(finish())
    return app_id


def test_connect_prints_the_address_alone(cli: Cli, app_id: str, sandbox: AccountSandbox) -> None:
    printed = cli("tiktok", "connect", "--app", app_id)
    assert printed.status == 0
    assert printed.stdout.startswith(f"{sandbox.url}/portal/auth?app_id={APP.app_id}&state=")
    assert printed.stdout.count("\n") == 1
    assert set(cli("tiktok", "connect", "--app", app_id, "--json").value) == {"url"}


def test_connect_without_a_developer_app_is_refused_with_the_way_out(cli: Cli, app_id: str) -> None:
    refused = cli("tiktok", "connect", "--app", app_id)
    assert (refused.status, refused.stdout) == (1, "")
    assert refused.stderr.startswith("TIKTOK_APP_ID: set it and TIKTOK_APP_SECRET")
    assert "/oauth/tiktok/callback" in refused.stderr


@pytest.mark.parametrize("command", ["connect", "status", "advertisers", "pixels", "prerequisites", "disconnect"])
def test_an_app_has_to_be_named_and_be_there(cli: Cli, sandbox: AccountSandbox, command: str) -> None:
    assert cli("tiktok", command).status == 2
    refused = cli("tiktok", command, "--app", "app_none")
    assert (refused.status, refused.stdout) == (1, "")
    assert "there is no app 'app_none'" in refused.stderr


def test_lists_have_the_fields_of_the_contract(cli: Cli, connected: str) -> None:
    listed = cli("tiktok", "advertisers", "--app", connected, "--json").value
    assert listed["next"] is None
    fields = {"advertiser_id": TEA, "name": "Tea", "currency": "EUR", "timezone": "Europe/Berlin", "selected": False}
    tea = next(item for item in listed["items"] if item["advertiser_id"] == TEA)
    assert fields.items() <= tea.items()
    chosen = cli("tiktok", "use", "--app", connected, "--advertiser", TEA, "--json").value
    assert chosen["selected"] is True
    [pixel] = cli("tiktok", "pixels", "--app", connected, "--json").value["items"]
    fields = {"pixel_code": TEA_PIXEL, "pixel_id": "7000000000000000201", "name": "Tea pixel", "advertiser_id": TEA}
    assert fields.items() <= pixel.items()
    refused = cli("tiktok", "use", "--app", connected, "--advertiser", "1")
    assert refused.status == 1
    assert COFFEE in refused.stderr


def test_status_and_the_end_of_the_connection(cli: Cli, connected: str) -> None:
    assert cli("tiktok", "status", "--app", connected, "--json").value["health"] == "green"
    ended = cli("tiktok", "disconnect", "--app", connected, "--json").value
    assert ended == {"app_id": connected, "revoked": True, "reason": ""}
    assert cli("tiktok", "status", "--app", connected, "--json").value["health"] == "off"
    assert cli("tiktok", "disconnect", "--app", connected).status == 1


def test_prerequisites_end_with_1_where_something_is_missing(cli: Cli, connected: str) -> None:
    missing = cli("tiktok", "prerequisites", "--app", connected)
    assert missing.status == 1
    assert "none is chosen" in missing.stdout
    cli("tiktok", "use", "--app", connected, "--advertiser", TEA)
    assert cli("tiktok", "prerequisites", "--app", connected).status == 0


def test_doctor_tells_of_the_connection_and_no_secret(cli: Cli, connected: str) -> None:
    doctor = cli("doctor", "--json")
    names = {check["name"]: check["ok"] for check in json.loads(doctor.stdout)["checks"]}
    assert names[f"tiktok of {connected}"] is True
    assert APP.secret not in doctor.stdout
