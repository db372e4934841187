"""What commands can do, forms can, and the other way round: each command has its page or a reason, and each form its
command or a reason. A new command or form fails here until it has a line.
"""

from typing import Final, NamedTuple

from admin.apps import SETTABLE as APP_SETTABLE
from admin.links import SETTABLE as LINK_SETTABLE
from admin.pixels import SETTABLE as PIXEL_SETTABLE
from cli.__main__ import COMMANDS
from cli.lazy import load
from console.pages.sources import SECRETS
from console.route_table import all_pages

APP: Final = "/apps/{app_id}"


class There(NamedTuple):
    """Where the console does what the command does."""

    path: str
    act: str = ""
    """The form; empty where the page only shows."""


IN_CONSOLE: Final[dict[str, There]] = {
    "app create": There("/apps/new", "create"),
    "app list": There("/"),
    "app show": There(f"{APP}/settings"),
    "app set": There(f"{APP}/settings", "app"),  # and its other groups: see below
    "app rotate-key": There(f"{APP}/settings", "rotate"),
    "link create": There(f"{APP}/links", "create"),
    "link list": There(f"{APP}/links"),
    "link show": There(f"{APP}/links/{{slug}}"),
    "link set": There(f"{APP}/links/{{slug}}", "save"),
    "link disable": There(f"{APP}/links/{{slug}}", "disable"),
    "link qr": There(f"{APP}/links/{{slug}}/qr.svg"),
    "pixel add": There(f"{APP}/pixels", "add"),
    "pixel list": There(f"{APP}/pixels"),
    "pixel set": There(f"{APP}/pixels/{{pixel_id}}", "save"),
    "pixel validate": There(f"{APP}/pixels/{{pixel_id}}", "validate"),
    "pixel test": There(f"{APP}/pixels/{{pixel_id}}", "test"),
    "pixel disable": There(f"{APP}/pixels/{{pixel_id}}", "disable"),
    "mapping show": There(f"{APP}/mapping"),
    "mapping set": There(f"{APP}/mapping", "rows"),
    "mapping field": There(f"{APP}/mapping", "field"),
    "mapping preset": There(f"{APP}/mapping", "preset"),
    "mapping presets": There(f"{APP}/mapping"),
    "tiktok connect": There(f"{APP}/tiktok/connect"),
    "tiktok status": There(f"{APP}/tiktok"),
    "tiktok advertisers": There(f"{APP}/tiktok", "read-again"),
    "tiktok use": There(f"{APP}/tiktok", "use"),
    "tiktok pixels": There(f"{APP}/tiktok", "read-again"),
    "tiktok prerequisites": There(f"{APP}/tiktok", "look"),
    "tiktok sync": There(f"{APP}/tiktok", "sync"),
    "tiktok check": There(f"{APP}/tiktok"),
    "tiktok disconnect": There(f"{APP}/tiktok", "disconnect"),
    "user create": There("/users", "create"),
    "user list": There("/users"),
    "user disable": There("/users", "disable"),
    "click show": There(f"{APP}/clicks/{{click_id}}"),
    "click find": There(f"{APP}/installs"),  # an address in its search field
    "match explain": There(f"{APP}/installs/{{install_id}}"),
    "match stats": There(f"{APP}/quality"),
    "delivery list": There(f"{APP}/deliveries"),
    "delivery show": There(f"{APP}/deliveries/{{delivery_id}}"),
    "delivery replay": There(f"{APP}/deliveries", "again"),
    "erase": There(f"{APP}/installs", "erase"),
    "report": There(f"{APP}/campaigns"),
    "demo clear": There("/demo", "clear"),
    "doctor": There("/health", "ask-tiktok"),
}
NOT_IN_CONSOLE: Final[dict[str, str]] = {
    "up": "starts the processes, this one among them",
    "run": "starts a process",
    "match backtest": "reads files of this machine and takes minutes",
    "backup": "a file of the machine that the processes run on",
    "restore": "an installation that is empty has no console yet",
    "reencrypt": "SECRET_KEY is set where the processes run, and changed there",
    "migrate": "the console runs on a ledger that is up to date",
    "ledger partition": "once in a ledger's life, and it takes minutes",
    "export clicks": "a stream for `match backtest`; lists have CSV and JSON",
    "export installs": "a stream for `match backtest`; lists have CSV and JSON",
    "export events": "a stream of everything; lists have CSV and JSON",
    "export deliveries": "a stream of everything; lists have CSV and JSON",
    "webhook list": "holds what platforms know of people; Sources says when each last posted",
    "webhook show": "holds what platforms know of people; Sources says when each last posted",
}
FORMS_WITHOUT_COMMAND: Final[dict[tuple[str, str], str]] = {
    ("/setup", "setup"): "the one-time link; `user create --role owner`",
    ("/login", "login"): "sessions are the console's own",
    ("/logout", "logout"): "sessions are the console's own",
    ("/account", "password"): "one's own password",
    ("/account", "end"): "sessions are the console's own",
    ("/account", "end-others"): "sessions are the console's own",
    ("/users", "role"): "whoever has the machine makes another user",
    ("/users", "password"): "whoever has the machine makes another user",
    ("/users", "enable"): "whoever has the machine makes another user",
    (f"{APP}/settings", "reports"): "app set",
    (f"{APP}/settings", "sending"): "app set",
    (f"{APP}/settings", "matching"): "app set",
    (f"{APP}/settings", "hosts"): "app set",
    (f"{APP}/sources", "secret"): "app set",
    (f"{APP}/sources", "forget"): "app set",
    (f"{APP}/sources", "revenue"): "app set",
    (f"{APP}/links", "disable"): "link disable",
    (f"{APP}/links", "enable"): "link set enabled=true",
    (f"{APP}/links/{{slug}}", "enable"): "link set enabled=true",
    (f"{APP}/pixels/{{pixel_id}}", "enable"): "pixel set enabled=true",
    (f"{APP}/pixels/{{pixel_id}}", "token"): "pixel set token=",
    (f"{APP}/pixels/{{pixel_id}}", "end-test-mode"): "pixel set test_event_code=",
    (f"{APP}/deliveries", "all-again"): "delivery replay --state dead --since T",
    (f"{APP}/deliveries/{{delivery_id}}", "again"): "delivery replay ID",
    (f"{APP}/installs/{{install_id}}", "erase"): "erase --install-id",
    (f"{APP}/clicks/{{click_id}}", "erase"): "erase --click-id",
    (f"{APP}/setup", "stores"): "app set",
    (f"{APP}/setup", "pixel"): "pixel add",
    (f"{APP}/setup", "validate"): "pixel validate",
    (f"{APP}/setup", "test"): "pixel test",
    (f"{APP}/setup", "link"): "link create",
    (f"{APP}/setup", "launch"): "the wizard's own: from when it waits",
}
FORMS: Final = {(page.path, act.name): act.form for page in all_pages() for act in page.acts}


def commands() -> set[str]:
    """`app create`, ... as they are typed."""
    found: set[str] = set()
    for name, entry in COMMANDS.items():
        command = load(name, entry)
        if hasattr(command, "commands"):
            found |= {f"{name} {one}" for one in command.commands}
        else:
            found.add(name)
    return found


def fields(*forms: tuple[str, str]) -> set[str]:
    return {name for form in forms for name in FORMS[form].model_fields}


def test_every_command_has_a_page_or_a_reason() -> None:
    known = [*IN_CONSOLE, *NOT_IN_CONSOLE]
    assert sorted(known) == sorted(commands())


def test_every_page_and_form_that_stands_for_a_command_is_there() -> None:
    paths = {page.path for page in all_pages()}
    assert {there.path for there in IN_CONSOLE.values()} <= paths
    assert {there for there in map(tuple, IN_CONSOLE.values()) if there[1]} <= FORMS.keys()


def test_every_form_has_a_command_or_a_reason() -> None:
    mine = {tuple(there) for there in IN_CONSOLE.values()} | FORMS_WITHOUT_COMMAND.keys()
    assert [form for form in FORMS if form not in mine] == []
    assert FORMS_WITHOUT_COMMAND.keys() <= FORMS.keys()


def test_whatever_commands_set_of_an_app_a_form_can() -> None:
    settings = f"{APP}/settings"
    groups = ((settings, group) for group in ("app", "reports", "sending", "matching", "hosts"))
    assert {*fields(*groups), *SECRETS.values()} == set(APP_SETTABLE)


def test_whatever_commands_set_of_a_link_a_form_can() -> None:
    one = f"{APP}/links/{{slug}}"
    assert fields((one, "save")) | {"enabled"} == set(LINK_SETTABLE)
    assert {(one, "enable"), (one, "disable")} <= FORMS.keys()


def test_whatever_commands_set_of_a_pixel_a_form_can() -> None:
    one = f"{APP}/pixels/{{pixel_id}}"
    assert fields((one, "save"), (one, "token")) - {"unchecked"} | {"enabled"} == set(PIXEL_SETTABLE)
    assert {(one, "enable"), (one, "disable")} <= FORMS.keys()
