"""`signalpost migrate`: what `up` does at its start, for installations that run the processes one by one."""

import asyncio

from admin.migration import migrate_ledger
from cli.output import Json, print_record
from cli.refusal import note, refusals
from config.settings import AllSettings, load


def migrate_command(as_json: Json = False) -> None:
    """Bring the ledger's tables up to this version, and publish the links. Safe to repeat."""
    with refusals():
        done = asyncio.run(migrate_ledger(load(AllSettings)))
    for text in done["notes"]:
        note(text)
    print_record({"revision": done["revision"]}, as_json)
