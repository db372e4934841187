"""`signalpost webhook`: what subscription platforms posted, as it came; kept for 30 days."""

from typing import Annotated, Any

import msgspec
import typer

from admin.webhooks import BEFORE_ALL, PROVIDERS, show_webhook, webhook_page
from cli.output import Json, print_items, print_json, print_record
from cli.session import run

app = typer.Typer(no_args_is_help=True, help="Webhooks: list, show.")

COLUMNS = ("webhook_id", "received_at", "app_id", "provider", "type", "outcome", "source_event", "joined", "install_id")
MAX_LISTED = 10_000


@app.command("list")
def list_command(
    app_id: Annotated[str, typer.Option("--app", help="Only this app's.")] = "",
    provider: Annotated[str, typer.Option(help=" ".join(PROVIDERS))] = "",
    limit: Annotated[int, typer.Option(min=1, max=MAX_LISTED, help="How many.")] = 50,
    after: Annotated[str, typer.Option(help="The `next` of the list before.")] = "",
    as_json: Json = False,
) -> None:
    """List what came in, newest first, and what was made of each.

    event: it became one. counted: another said the same before. test: of a sandbox, never sent. ignored: no event is
    made of its type. unread: no event could be read from it.
    """
    if provider and provider not in PROVIDERS:
        raise typer.BadParameter(f"--provider: must be one of {', '.join(PROVIDERS)}")
    before = _number(after) if after else BEFORE_ALL
    page, following = run(lambda session: webhook_page(session, app_id, provider, limit, before))
    print_items(page, as_json, COLUMNS, following)


@app.command("show")
def show_command(
    webhook_id: Annotated[str, typer.Argument(metavar="ID", help="The number of the list.")], as_json: Json = False
) -> None:
    """Show one with its body, which holds what the platform knows of the person."""

    number = _number(webhook_id)
    found = run(lambda session: show_webhook(session, number))
    body = _decoded(found.pop("body"))
    if as_json:
        print_json({**found, "body": body})
        return
    print_record(found, as_json)
    typer.echo(f"body {msgspec.json.format(msgspec.json.encode(body), indent=2).decode()}")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > BEFORE_ALL:
        raise typer.BadParameter("must be the number of a webhook")
    return int(text)


def _decoded(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw.decode("utf-8", "replace")
