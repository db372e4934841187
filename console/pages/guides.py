"""`/help`: before an ad runs, why numbers differ, what TikTok's codes mean. For anybody, signed in or not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.responses import PlainTextResponse, Response

from admin.help_facts import FOLLOWS, REASONS, codes, wordings
from console.call import Call, NotThere
from console.page import Page


@dataclass(frozen=True, slots=True)
class Guide:
    slug: str
    title: str
    answers: str
    """In one line."""


GUIDES: Final = (
    Guide("launch", "Launch checklist", "What to set in TikTok before the ad runs, and when the first numbers come."),
    Guide("numbers", "Why numbers differ from Ads Manager", "What each side counts, and when to worry."),
    Guide("error-codes", "TikTok's error codes", "What each answer means, what follows, and what to do."),
    Guide("matching", "How matching works", "Which click an install is credited to, and how sure that is."),
    Guide(
        "webhooks", "Subscription platforms", "RevenueCat, Superwall, Adapty and Stripe: address, secret, whose event."
    ),
    Guide("sdk", "The two calls of the app", "Post the first open and the events that follow: two addresses, one key."),
)
DOCS: Final = Path(__file__).parents[2] / "docs"
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


async def show_guides(call: Call) -> Response:
    return call.page("help.html", title="Help", guides=GUIDES, docs=_docs())


def _shows(guide: Guide) -> Callable[[Call], Awaitable[Response]]:
    async def show(call: Call) -> Response:
        shown = {"codes": codes(), "wordings": wordings()} if guide.slug == "error-codes" else {}
        template = f"help_{guide.slug.replace('-', '_')}.html"
        more: dict[str, object] = {"follows": FOLLOWS, "reasons": REASONS, **shown}
        return call.page(template, 200, title=guide.title, guide=guide, **more)

    return show


async def show_doc(call: Call) -> Response:
    """A page of the handbook as it was written."""
    name = call.named("name").removesuffix(".md")
    if name not in _docs():
        raise NotThere(f"There is no document {name[:40]}.", "/help", "Show help")
    return PlainTextResponse(
        (DOCS / f"{name}.md").read_text(), headers={"Content-Type": "text/markdown; charset=utf-8"}
    )


async def llms_txt(call: Call) -> Response:
    """The index that machines read: https://llmstxt.org."""
    base = call.session.settings.console_base
    lines = [
        "# Signalpost",
        "",
        "> Self-hosted click tracking and conversion forwarding for TikTok ads that promote mobile apps.",
        "",
        "## Help",
        "",
        *(f"- [{guide.title}]({base}/help/{guide.slug}): {guide.answers}" for guide in GUIDES),
        "",
        "## Handbook",
        "",
        *(f"- [{name}]({base}/help/docs/{name}.md): {says}" for name, says in _docs().items()),
    ]
    return PlainTextResponse("\n".join(lines) + "\n")


def _docs() -> dict[str, str]:
    """Those that were installed along."""
    return {name: says for name, says in DOCS_SAY.items() if (DOCS / f"{name}.md").is_file()}


PAGES = (
    Page("/help", show_guides, None),
    Page("/help/docs/{name}", show_doc, None),
    Page("/llms.txt", llms_txt, None),
    *(Page(f"/help/{guide.slug}", _shows(guide), None) for guide in GUIDES),
)
