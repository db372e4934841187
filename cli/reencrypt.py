"""`signalpost reencrypt`: what an older entry of SECRET_KEY encrypted, with the first one."""

import typer

from admin.stored_secrets import reencrypt_secrets
from cli.output import Json, print_json
from cli.session import run


def reencrypt_command(as_json: Json = False) -> None:
    """Encrypt what is stored with the first entry of SECRET_KEY, so that older ones can leave the list."""
    done = run(reencrypt_secrets)
    if as_json:
        print_json(done)
    else:
        said = f"{done['reencrypted']} of {done['stored']} stored secrets are encrypted anew"
        typer.echo(f"{said}; all open with the first entry of SECRET_KEY")
