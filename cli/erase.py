"""`signalpost erase`: a person, an install or a click leaves the ledger and the click store, for good."""

from typing import Annotated, Any

import typer

from admin.erasure import erase_install, erase_one_click, erase_person
from admin.session import Session
from cli.output import Json, print_record
from cli.session import run


def erase_command(
    app_id: Annotated[str, typer.Option("--app", help="The app.")],
    install_id: Annotated[str, typer.Option(help="An install, with its events and its click.")] = "",
    external_id: Annotated[str, typer.Option(help="A person: every install and event with this id.")] = "",
    click_id: Annotated[str, typer.Option(help="A click; its install stays, unattributed.")] = "",
    as_json: Json = False,
) -> None:
    """Erase for good; a replay does not bring it back."""
    if sum(map(bool, (install_id, external_id, click_id))) != 1:
        raise typer.BadParameter("give one of --install-id, --external-id and --click-id")

    async def forget(session: Session) -> dict[str, Any]:
        if click_id:
            return await erase_one_click(session, app_id, click_id)
        if install_id:
            return await erase_install(session, app_id, install_id)
        return await erase_person(session, app_id, external_id)

    print_record(run(forget), as_json)
