"""`signalpost demo`: the end of what `up --demo` made."""

import typer

from admin.demo import clear_demo
from cli.output import Json, print_json
from cli.session import run

app = typer.Typer(no_args_is_help=True, help="The demo of `up --demo`: clear.")


@app.command("clear")
def clear_command(as_json: Json = False) -> None:
    """Remove the demo's app with its link, pixel, ad account and everything that was invented for it."""
    cleared = run(clear_demo)
    if as_json:
        print_json(cleared)
    else:
        typer.echo(f"the demo's app {cleared['app_id']} is gone, with everything that was its own")
