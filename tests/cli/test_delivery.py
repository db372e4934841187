"""`signalpost delivery`."""

import msgspec
import pytest

from tests.cli.conftest import Cli, Sql

FIELDS = {
    "delivery_id", "app_id", "pixel_id", "event_id", "source_event_id", "source_event", "target_event", "install_id",
    "state", "reason", "attempts", "next_attempt_at", "delivered_at", "last_code", "last_message", "request_id",
    "created_at",
}  # fmt: skip
EMAIL_HASH = "a" * 64
PAYLOAD = {
    "event": "Purchase",
    "user": {"email": EMAIL_HASH, "ip": "203.0.113.7", "ttclid": "E.C.P.abcdefghijklmnop", "user_agent": "Mozilla/5.0"},
}


@pytest.fixture
def pixel_id(cli: Cli, app_id: str) -> str:
    added = cli("pixel", "add", "--app", app_id, "--code", "C1", "--token", "t", "--no-validate", "--json")
    found: str = added.value["pixel_id"]
    return found


def store(sql: Sql, app_id: str, pixel_id: str, state: str, hours_since_arrival: int | None = None) -> str:
    """One delivery of one event, with one attempt."""
    number = sql("SELECT count(*) FROM events")[0]["count"]
    [event] = sql(
        "INSERT INTO events (app_id, event_id, name, occurred_at, body) VALUES ($1, $2, 'purchase', now(), '{}')"
        " RETURNING event_key",
        app_id,
        f"e-{number}",
    )
    [delivery] = sql(
        "INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event, target_event,"
        " state, next_attempt_at, payload, attempts, maybe_arrived_at)"
        " VALUES ($1, $2, $3, $4, $5, 'purchase', 'Purchase', $6, now(), $7, 1, now() - $8 * interval '1 hour')"
        " RETURNING delivery_id",
        app_id,
        pixel_id,
        event["event_key"],
        f"sent-{number}",
        f"e-{number}",
        state,
        msgspec.json.encode(PAYLOAD).decode(),
        hours_since_arrival,
    )
    sql(
        "INSERT INTO attempts (app_id, delivery_id, at, outcome, status, code, message, request_id, ms)"
        " VALUES ($1, $2, now(), 'invalid', 200, 40002, 'bad value', 'r-1', 12)",
        app_id,
        delivery["delivery_id"],
    )
    return str(delivery["delivery_id"])


def test_list_has_the_fields_of_the_contract(cli: Cli, app_id: str, pixel_id: str, sql: Sql) -> None:
    store(sql, app_id, pixel_id, "dead")
    listed = cli("delivery", "list", "--json").value
    assert (set(listed), listed["next"]) == ({"items", "next"}, None)
    [item] = listed["items"]
    assert set(item) == FIELDS
    assert (item["state"], item["source_event"], item["target_event"]) == ("dead", "purchase", "Purchase")


def test_list_can_be_narrowed_and_paged(cli: Cli, app_id: str, pixel_id: str, sql: Sql) -> None:
    dead, due, third = (store(sql, app_id, pixel_id, state) for state in ("dead", "due", "delivered"))
    assert [i["delivery_id"] for i in cli("delivery", "list", "--state", "dead", "--json").value["items"]] == [dead]
    other = cli("app", "create", "Other", "--json").value["app_id"]
    assert cli("delivery", "list", "--app", other, "--json").value["items"] == []
    first = cli("delivery", "list", "--limit", "2", "--json").value
    assert [i["delivery_id"] for i in first["items"]] == [third, due]
    rest = cli("delivery", "list", "--limit", "2", "--after", first["next"], "--json").value
    assert ([i["delivery_id"] for i in rest["items"]], rest["next"]) == ([dead], None)


def test_what_waits_for_a_held_pixel_is_shown_as_held(cli: Cli, app_id: str, pixel_id: str, sql: Sql) -> None:
    store(sql, app_id, pixel_id, "due")
    sql("UPDATE pixels SET state = 'held', held_reason = 'token revoked'")
    [item] = cli("delivery", "list", "--state", "held", "--json").value["items"]
    assert (item["state"], item["reason"]) == ("held", "token revoked")


def test_show_adds_the_log_and_a_payload_without_personal_data(cli: Cli, app_id: str, pixel_id: str, sql: Sql) -> None:
    delivery_id = store(sql, app_id, pixel_id, "dead")
    ran = cli("delivery", "show", delivery_id, "--json")
    shown = ran.value
    assert set(shown) >= FIELDS | {"payload", "log"}
    [entry] = shown["log"]
    assert (entry["status"], entry["code"], entry["message"]) == (200, 40002, "bad value")
    assert (entry["request_id"], entry["ms"]) == ("r-1", 12)
    assert shown["payload"]["event"] == "Purchase"
    for secret in (EMAIL_HASH, "203.0.113.7", "E.C.P.abcdefghijklmnop"):
        assert secret not in ran.stdout + cli("delivery", "show", delivery_id).stdout


def test_list_can_be_narrowed_by_pixel_event_and_time(cli: Cli, app_id: str, pixel_id: str, sql: Sql) -> None:
    delivery_id = store(sql, app_id, pixel_id, "dead")

    def found(*options: str) -> list[str]:
        return [item["delivery_id"] for item in cli("delivery", "list", *options, "--json").value["items"]]

    assert found("--pixel", pixel_id, "--event", "Purchase", "--since", "1h") == [delivery_id]
    other = cli("pixel", "add", "--app", app_id, "--code", "C2", "--token", "t", "--no-validate", "--json").value
    assert found("--pixel", other["pixel_id"]) == found("--event", "search") == found("--until", "1h") == []


def test_show_says_what_each_answer_means_what_to_do_and_what_was_asked(
    cli: Cli, app_id: str, pixel_id: str, sql: Sql
) -> None:
    delivery_id = store(sql, app_id, pixel_id, "dead")
    sql("UPDATE attempts SET test_event_code = 'TEST1', batch_rows = 3")
    [entry] = cli("delivery", "show", delivery_id, "--json").value["log"]
    assert "refuses" in entry["meaning"]
    assert "replay the delivery" in entry["remedy"]
    assert (entry["batch_rows"], entry["request"]["event_source_id"]) == (3, "C1")
    assert entry["request"]["test_event_code"] == "TEST1"
    assert entry["request"]["data"][0]["user"]["email"] == EMAIL_HASH[:8] + "…"
    assert "replay the delivery" in cli("delivery", "show", delivery_id).stdout


@pytest.mark.parametrize("command", [("delivery", "list"), ("pixel", "list"), ("delivery", "show", "{delivery}")])
def test_a_pixel_in_test_mode_is_announced_wherever_it_shows(
    cli: Cli, app_id: str, pixel_id: str, sql: Sql, command: tuple[str, ...]
) -> None:
    delivery_id = store(sql, app_id, pixel_id, "dead")
    asked = [part.replace("{delivery}", delivery_id) for part in command]
    assert cli(*asked, "--json").stderr == ""
    assert "TEST MODE" in cli("pixel", "set", pixel_id, "test_event_code=TEST1").stderr
    assert f"TEST MODE: {pixel_id}" in cli(*asked, "--json").stderr


def test_replay_makes_a_dead_delivery_due_with_the_same_event_id(
    cli: Cli, app_id: str, pixel_id: str, sql: Sql
) -> None:
    delivery_id = store(sql, app_id, pixel_id, "dead")
    assert cli("delivery", "replay", delivery_id, "--json").value == {"replayed": [delivery_id], "refused": []}
    [item] = cli("delivery", "list", "--json").value["items"]
    assert (item["state"], item["attempts"], item["event_id"]) == ("due", 0, "sent-0")


def test_replay_takes_all_that_died_since(cli: Cli, app_id: str, pixel_id: str, sql: Sql) -> None:
    dead = [store(sql, app_id, pixel_id, "dead") for _ in range(2)]
    store(sql, app_id, pixel_id, "delivered")
    assert cli("delivery", "replay", "--state", "dead", "--since", "1h", "--json").value["replayed"] == dead


def test_a_replay_that_may_count_twice_needs_force(cli: Cli, app_id: str, pixel_id: str, sql: Sql) -> None:
    delivery_id = store(sql, app_id, pixel_id, "dead", 50)
    refused = cli("delivery", "replay", delivery_id, "--json")
    assert refused.status == 1
    assert "--force" in refused.stderr
    assert cli("delivery", "replay", delivery_id, "--force", "--json").value["replayed"] == [delivery_id]


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (("list", "--state", "lost"), 1, "state:"),
        (("list", "--after", "x"), 1, "cursor"),
        (("list", "--limit", "0"), 2, "limit"),
        (("show", "99"), 1, "99"),
        (("show", "abc"), 1, "abc"),
        (("replay", "99"), 1, "no such delivery"),
        (("replay",), 2, "--state"),
        (("replay", "1", "--state", "dead", "--since", "1h"), 2, "--state"),
        (("replay", "--state", "dead", "--since", "soon"), 1, "since:"),
    ],
)
def test_what_cannot_be_is_refused(cli: Cli, command: tuple[str, ...], status: int, said: str) -> None:
    refused = cli("delivery", *command)
    assert refused.status == status
    assert said in refused.stderr
