"""`signalpost ledger`: how the ledger lies in PostgreSQL."""

import typer

from admin.ledger_layout import partition_ledger
from cli.output import Json, print_record
from cli.refusal import note
from cli.session import run

app = typer.Typer(no_args_is_help=True, help="How the ledger lies: partition.")


@app.callback()
def ledger() -> None:
    """Commands of the ledger as a whole."""


@app.command("partition")
def partition_command(as_json: Json = False) -> None:
    """Lay events and what hangs on them into partitions, so that what is too old is dropped and not deleted.

    For a ledger of tens of millions of events. Processes go on meanwhile; there is no way back but a backup made
    before. What was cut short goes on when it is called again.
    """
    print_record(run(lambda session: partition_ledger(session, note)), as_json)
