"""The `signalpost` command: every sub-command in one place."""

import sys
from collections.abc import Sequence

import typer

from cli.lazy import Entry, lazy_group
from cli.standard_output import standard_output

COMMANDS = {
    "up": Entry("cli.up:up_command", "Run every process; Ctrl-C stops all of them."),
    "run": Entry("cli.run:run_command", "Run one process in the foreground."),
    "app": Entry("cli.apps:app", "Apps: create, list, show, set, rotate-key."),
    "link": Entry("cli.links:app", "Signal links: create, list, show, set, disable, qr."),
    "pixel": Entry("cli.pixels:app", "Pixels: add, list, set, validate, test, disable."),
    "tiktok": Entry("cli.tiktok:app", "An app's ad account: connect, status, advertisers, use, pixels, disconnect."),
    "mapping": Entry("cli.mappings:app", "Which TikTok event an event becomes: show, set, field, preset, presets."),
    "click": Entry("cli.clicks:app", "Clicks: show one, find those behind an address."),
    "match": Entry("cli.matches:app", "Why an install was credited to a click, or to none: explain, stats, backtest."),
    "delivery": Entry("cli.deliveries:app", "The postback log: list, show, replay."),
    "webhook": Entry("cli.webhooks:app", "What subscription platforms posted: list, show."),
    "report": Entry("cli.report:report_command", "Clicks, installs, events and revenue."),
    "export": Entry("cli.export:app", "Recorded clicks and installs as NDJSON, for `match backtest`."),
    "erase": Entry("cli.erase:erase_command", "Erase an install, a person or a click for good."),
    "backup": Entry("cli.backup:backup_command", "Write both engines and the spool into one file."),
    "restore": Entry("cli.backup:restore_command", "Fill an empty installation from a backup."),
    "migrate": Entry("cli.migrate:migrate_command", "Bring the ledger's tables up to this version."),
    "reencrypt": Entry("cli.reencrypt:reencrypt_command", "Encrypt what is stored with SECRET_KEY's first entry."),
    "ledger": Entry("cli.ledger:app", "How the ledger lies in PostgreSQL: partition."),
    "user": Entry("cli.users:app", "Users of the console: create, list, disable."),
    "demo": Entry("cli.demo:app", "The demo of `up --demo`: clear."),
    "doctor": Entry("cli.doctor:doctor_command", "Check every engine, setting, token and clock."),
}

app = typer.Typer(
    name="signalpost",
    cls=lazy_group(COMMANDS),
    help="Self-hosted click tracking and conversion forwarding for TikTok ads that promote mobile apps.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def signalpost() -> None:
    """Self-hosted click tracking and conversion forwarding for TikTok ads that promote mobile apps."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    with standard_output():
        app(args=_json_last(given), prog_name="signalpost")


def _json_last(arguments: list[str]) -> list[str]:
    """`--json` may stand anywhere after the first word; it is the last command's option."""
    if "--json" not in arguments[1:] or "--" in arguments:
        return arguments
    return [argument for argument in arguments if argument != "--json"] + ["--json"]


if __name__ == "__main__":
    main()
