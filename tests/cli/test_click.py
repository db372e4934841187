"""`signalpost click`, `signalpost match` and `signalpost erase`."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from clicks.address import AddressHasher, packed_address
from clicks.batch import Batch, Row, clicks_key
from clicks.click_id import ClickId, format_click_id
from clicks.connection import connect
from clicks.record import Click
from clicks.store import ClickStore
from config.secrets import load_keyring
from tests.cli.conftest import Cli, Sql
from tests.clicks.records import Visit, encode

IP = "203.0.113.7"
QUERY = (
    "campaign_id=42&campaign_name=Spring+%1B%5B31m&ad_id=7&ad_id_v2=9&ad_name=__CID_NAME__"
    "&ttclid=E.C.P.abcdefghijklmnopqrstuvwxyz"
)
FIELDS = {
    "click_id", "clicked_at", "link", "app_id", "kind", "platform", "ip", "macro_ip", "user_agent", "ttclid", "ttp",
    "campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_id", "ad_name", "creative_id", "creative_name",
    "placement", "callback", "macros_unexpanded", "consumed_by",
}  # fmt: skip


def store_click(redis_url: str, data_dir: Path, app_id: str, age_s: int = 60) -> Click:
    """A click as the redirector stores it, that old."""
    keys = load_keyring("", data_dir).derive("address")
    packed = packed_address(IP)
    assert packed is not None
    address_hash, random = AddressHasher(keys[0]).hash(packed), age_s.to_bytes(5)
    visit = Visit(
        random=random,
        platform=0,
        ip=packed,
        link=b"tea",
        app_id=app_id.encode(),
        user_agent=b"Mozilla/5.0 (iPhone)",
        languages=b"en-GB",
        query=QUERY.encode(),
        ttp=None,
    )
    at_ms = int(time.time() * 1000) - age_s * 1000

    async def store() -> Click | None:
        redis = connect(redis_url)
        try:
            clicks = ClickStore(redis, keys)
            row = Row(clicks_key(address_hash), at_ms, encode(visit))
            await clicks.apply(Batch(writer="test", number=age_s, rows=[row], counts={}))
            return await clicks.get(format_click_id(at_ms, address_hash, random))
        finally:
            await redis.aclose()

    click = asyncio.run(store())
    assert click is not None
    return click


def store_install(sql: Sql, app_id: str, install_id: str, click: Click | None, method: str = "probabilistic") -> None:
    candidates = [{"click_id": click.click_id, "at_ms": click.at_ms, "weight": 1.0, "note": ""}] if click else []
    sql(
        "INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, match_probability,"
        " match_reason, match_detail, click_id, click) VALUES ($1, $2, 'ios', now(), '{}', $3, $4, $5, $6, $7, $8)",
        app_id,
        install_id,
        method,
        0.97 if click else None,
        "" if click else "no candidate",
        {"tiers": {}, "devices": len(candidates), "candidates": candidates},
        click.click_id if click else None,
        msgspec.to_builtins(click) if click else None,
    )


def test_show_has_the_fields_of_the_contract(cli: Cli, app_id: str, redis_url: str, data_dir: Path) -> None:
    click = store_click(redis_url, data_dir, app_id)
    shown = cli("click", "show", click.click_id, "--json").value
    assert set(shown) >= FIELDS
    assert (shown["link"], shown["platform"], shown["kind"], shown["ip"]) == ("tea", "ios", "click", IP)
    assert shown["ttclid"] == "E.C.P.abcdefghijklmnopqrstuvwxyz"
    assert (shown["ad_id"], shown["creative_id"], shown["ad_name"]) == ("9", "7", None)
    assert (shown["macros_unexpanded"], shown["consumed_by"]) == (["ad_name"], None)


def test_control_characters_do_not_reach_the_terminal(cli: Cli, app_id: str, redis_url: str, data_dir: Path) -> None:
    click = store_click(redis_url, data_dir, app_id)
    assert "\x1b" not in cli("click", "show", click.click_id).stdout + cli("click", "find", "--ip", IP).stdout


def test_find_lists_the_clicks_behind_an_address_newest_first(
    cli: Cli, app_id: str, redis_url: str, data_dir: Path
) -> None:
    old, new = store_click(redis_url, data_dir, app_id, 7200), store_click(redis_url, data_dir, app_id, 60)
    found = cli("click", "find", "--ip", IP, "--json").value
    assert [item["click_id"] for item in found["items"]] == [new.click_id, old.click_id]
    assert set(found["items"][0]) >= FIELDS
    since = cli("click", "find", "--ip", IP, "--since", "1h", "--json").value
    assert [item["click_id"] for item in since["items"]] == [new.click_id]
    assert cli("click", "find", "--ip", "203.0.113.8", "--json").value["items"] == []


def test_a_matched_click_names_its_install(cli: Cli, app_id: str, redis_url: str, data_dir: Path, sql: Sql) -> None:
    click = store_click(redis_url, data_dir, app_id)
    store_install(sql, app_id, "install-1", click)
    assert cli("click", "show", click.click_id, "--json").value["consumed_by"] == "install-1"
    assert cli("click", "find", "--ip", IP, "--json").value["items"][0]["consumed_by"] == "install-1"


def test_a_matched_click_whose_app_is_lost_names_its_install(
    cli: Cli, app_id: str, redis_url: str, data_dir: Path, sql: Sql
) -> None:
    click = store_click(redis_url, data_dir, "")
    store_install(sql, app_id, "install-1", click)
    shown = cli("click", "show", click.click_id, "--json").value
    assert (shown["app_id"], shown["consumed_by"]) == ("", "install-1")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("show", "nonsense"), "22 letters and digits"),
        (("show", "A" * 22), "not stored"),
        (("find", "--ip", "somewhere"), "ip:"),
        (("find", "--ip", IP, "--since", "soon"), "since:"),
    ],
)
def test_what_cannot_be_found_is_refused(cli: Cli, command: tuple[str, ...], said: str) -> None:
    refused = cli("click", *command)
    assert refused.status == 1
    assert said in refused.stderr


def test_without_redis_one_sentence_says_so(cli: Cli, environment: dict[str, str]) -> None:
    environment["REDIS_URL"] = "redis://:hush@127.0.0.1:9/0"
    refused = cli("click", "find", "--ip", IP)
    assert refused.status == 1
    assert "REDIS_URL" in refused.stderr
    assert "hush" not in refused.stderr


def test_explain_shows_the_verdict_and_its_candidates(
    cli: Cli, app_id: str, redis_url: str, data_dir: Path, sql: Sql
) -> None:
    click = store_click(redis_url, data_dir, app_id)
    store_install(sql, app_id, "install-1", click)
    explained = cli("match", "explain", "install-1", "--json").value
    assert (explained["method"], explained["probability"], explained["attributed"]) == ("probabilistic", 0.97, True)
    assert [candidate["click_id"] for candidate in explained["candidates"]] == [click.click_id]
    assert click.click_id in cli("match", "explain", "install-1").stdout


def test_explain_says_why_nothing_was_credited(cli: Cli, app_id: str, sql: Sql) -> None:
    store_install(sql, app_id, "install-1", None, "none")
    explained = cli("match", "explain", "install-1", "--json").value
    assert (explained["attributed"], explained["reason"], explained["candidates"]) == (False, "no candidate", [])


def test_explain_asks_which_app_is_meant(cli: Cli, app_id: str, sql: Sql) -> None:
    other = cli("app", "create", "Coffee", "--json").value["app_id"]
    for owner in (app_id, other):
        store_install(sql, owner, "install-1", None, "none")
    assert "--app" in cli("match", "explain", "install-1").stderr
    assert cli("match", "explain", "install-1", "--app", other, "--json").value["app_id"] == other
    assert "no install" in cli("match", "explain", "install-2").stderr


def test_erasing_an_install_takes_its_click_along(
    cli: Cli, app_id: str, redis_url: str, data_dir: Path, sql: Sql
) -> None:
    click = store_click(redis_url, data_dir, app_id)
    store_install(sql, app_id, "install-1", click)
    erased = cli("erase", "--app", app_id, "--install-id", "install-1", "--json").value
    assert erased == {"installs": ["install-1"], "events": 0, "clicks": [click.click_id], "webhooks": 0}
    assert sql("SELECT 1 FROM installs") == []
    assert cli("click", "find", "--ip", IP, "--json").value["items"] == []


def test_erasing_a_click_leaves_its_install_unattributed(
    cli: Cli, app_id: str, redis_url: str, data_dir: Path, sql: Sql
) -> None:
    click = store_click(redis_url, data_dir, app_id)
    store_install(sql, app_id, "install-1", click)
    assert cli("erase", "--app", app_id, "--click-id", click.click_id, "--json").value["clicks"] == [click.click_id]
    assert cli("match", "explain", "install-1", "--json").value["attributed"] is False
    assert cli("click", "show", click.click_id).status == 1


def test_a_click_of_another_app_is_not_erased(cli: Cli, app_id: str, redis_url: str, data_dir: Path) -> None:
    click = store_click(redis_url, data_dir, app_id)
    other = cli("app", "create", "Coffee", "--json").value["app_id"]
    assert cli("erase", "--app", other, "--click-id", click.click_id).status == 1
    assert cli("click", "show", click.click_id).status == 0


def test_a_click_that_still_lies_in_a_spool_is_erased_before_it_is_stored(
    cli: Cli, app_id: str, redis_url: str, data_dir: Path
) -> None:
    click_id = ClickId(int(time.time() * 1000), 7, b"spool")
    ran = cli("erase", "--app", app_id, "--click-id", click_id.text(), "--json")
    assert ran.value == {"installs": [], "events": 0, "clicks": []}
    assert "spool" in ran.stderr
    row = Row(clicks_key(click_id.address_hash), click_id.at_ms, b"\x01" + click_id.random)

    async def replay() -> int:
        async with connect(redis_url) as redis:
            store = ClickStore(redis, load_keyring("", data_dir).derive("address"))
            return await store.replay(Batch(writer="test", number=0, rows=[row], counts={}))

    assert asyncio.run(replay()) == 1


def test_a_click_of_another_app_keeps_no_tombstone(cli: Cli, app_id: str, redis_url: str, data_dir: Path) -> None:
    click = store_click(redis_url, data_dir, app_id)
    other = cli("app", "create", "Coffee", "--json").value["app_id"]
    refused = cli("erase", "--app", other, "--click-id", click.click_id)
    assert (refused.status, "nothing to erase" in refused.stderr) == (1, True)

    async def keys() -> list[bytes]:
        async with connect(redis_url) as redis:
            return [key async for key in redis.scan_iter(match=b"erased:*")]

    assert asyncio.run(keys()) == []


def test_erase_wants_exactly_one_thing(cli: Cli, app_id: str) -> None:
    assert cli("erase", "--app", app_id).status == 2
    assert cli("erase", "--app", app_id, "--install-id", "a", "--external-id", "b").status == 2
    refused = cli("erase", "--app", app_id, "--install-id", "nobody")
    assert refused.status == 1
    assert "nothing to erase" in refused.stderr
