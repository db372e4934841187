"""Saying loudly that a pixel sends test events only: TikTok counts none of them."""

import typer

from cli.session import Session
from ledger.pixels import Pixel, all_pixels


def banner(pixel: Pixel) -> str | None:
    """The line of a pixel that is in test mode; None where it is not."""
    if not pixel.test_event_code or not pixel.enabled:
        return None
    return (
        f"TEST MODE: {pixel.pixel_id} ({pixel.name or pixel.code}) tags every event with {pixel.test_event_code}, and "
        f"TikTok counts none of them; end it with `signalpost pixel set {pixel.pixel_id} test_event_code=`"
    )


def print_banner(pixel: Pixel) -> None:
    line = banner(pixel)
    if line:
        typer.echo(line, err=True)


async def print_banners(session: Session, app_id: str = "") -> None:
    """One line on stderr for each pixel in test mode, of one app or of all."""
    for pixel in await all_pixels(session.database):
        if app_id in ("", pixel.app_id):
            print_banner(pixel)
