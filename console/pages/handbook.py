"""`/help/docs/...`: a page of the handbook, for people; with `.md` as it was written, for machines."""

from typing import Final

from starlette.responses import FileResponse, PlainTextResponse, Response

from console.call import Call, NotThere
from console.handbook import DOCS, document
from console.page import Page

DOCS_SAY: Final = {
    "console": "who signs in to the console, and where",
    "intake": "what an app may send, and how each value is read",
    "links": "Signal links: options, macros, deep links",
    "matching": "the matcher in full, with its measured precision and recall",
    "deploying": "from an empty machine to TLS, containers, upgrades",
    "operating": "addresses of the engines, proxies, several machines, backups",
    "licences": "of the libraries that are installed with it",
    "privacy": "what is kept of a person, how long, and how it is erased",
    "scaling": "what 1 to 100,000 clicks a second take",
    "reliability": "what is broken on purpose, and what comes of it",
    "reports": "whose day it is, and every column of a report",
    "security": "what is sent by whoever means no good, and what comes of it",
    "signals": "what TikTok is told of an event, field by field",
    "spend": "how spend is read from TikTok and kept right",
    "tiktok-accounts": "connecting an ad account, tokens, what is red and why",
    "webhooks": "subscription platforms and payment providers",
}
FIGURES: Final = ("matching/worlds.svg", "matching/reliability.svg")


def installed_docs() -> dict[str, str]:
    """Name -> what it is about, of those that were installed along."""
    return {name: says for name, says in DOCS_SAY.items() if (DOCS / f"{name}.md").is_file()}


async def show_doc(call: Call) -> Response:
    name = call.named("name")
    if name.removesuffix(".md") not in installed_docs():
        raise NotThere(f"There is no document {name[:40]}.", "/help", "Show help")
    if name.endswith(".md"):
        return PlainTextResponse((DOCS / name).read_text(), headers={"Content-Type": "text/markdown; charset=utf-8"})
    shown = document(name)
    return call.page("handbook.html", title=shown.title, name=name, says=DOCS_SAY[name], document=shown)


async def show_figure(call: Call) -> Response:
    name = f"{call.named('folder')}/{call.named('figure')}"
    if name not in FIGURES or not (DOCS / name).is_file():
        raise NotThere(f"There is no figure {name[:40]}.", "/help", "Show help")
    return FileResponse(DOCS / name, media_type="image/svg+xml")


PAGES = (
    Page("/help/docs/{name}", show_doc, None),
    Page("/help/docs/{folder}/{figure}", show_figure, None),
)
