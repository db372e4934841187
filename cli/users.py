"""`signalpost user`: who may use the console."""

from typing import Annotated

import typer

from admin.session import Session
from admin.users import create_user, disable_user, list_users, role_of
from cli.output import Json, print_items, print_record
from cli.session import run
from cli.standard_input import line_of_standard_input

app = typer.Typer(no_args_is_help=True, help="Users of the console: create, list, disable.")

PASSWORD_ONCE = "Keep the password: it is shown this once."  # noqa: S105 - a sentence
COLUMNS = ("email", "role", "disabled_at", "created_at")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.")]


@app.command("create")
def create_command(
    email: Email,
    role: Annotated[str, typer.Option(help="owner, editor or viewer.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input; otherwise one is made.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Create a user. Without --password-stdin a password is made and printed, this once."""

    async def create(session: Session) -> dict[str, object]:
        password = line_of_standard_input("password") if password_stdin else ""
        return await create_user(session, email, role_of(role), password)

    created = run(create)
    print_record(created, as_json)
    if "password" in created and not as_json:
        typer.echo(PASSWORD_ONCE)


@app.command("list")
def list_command(as_json: Json = False) -> None:
    """List the users."""
    print_items(run(list_users), as_json, COLUMNS)


@app.command("disable")
def disable_command(email: Email, as_json: Json = False) -> None:
    """Keep somebody out; their sessions end at once."""
    print_record(run(lambda session: disable_user(session, email)), as_json)
