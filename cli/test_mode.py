"""Saying loudly that a pixel sends test events only: TikTok counts none of them."""

from collections.abc import Mapping
from typing import Any

import typer

from admin.pixels import list_pixels
from admin.session import Session


def banner(pixel: Mapping[str, Any]) -> str | None:
    """The line of a pixel, as `admin.pixels` shows it, that is in test mode; None where it is not."""
    if not pixel["test_event_code"] or not pixel["enabled"]:
        return None
    return (
        f"TEST MODE: {pixel['pixel_id']} ({pixel['name'] or pixel['code']}) tags every event with "
        f"{pixel['test_event_code']}, and TikTok counts none of them; end it with "
        f"`signalpost pixel set {pixel['pixel_id']} test_event_code=`"
    )


def print_banner(pixel: Mapping[str, Any]) -> None:
    line = banner(pixel)
    if line:
        typer.echo(line, err=True)


async def print_banners(session: Session, app_id: str = "") -> None:
    """One line on stderr for each pixel in test mode, of one app or of all."""
    for pixel in await list_pixels(session, app_id):
        print_banner(pixel)
