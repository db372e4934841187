"""`/help`: before an ad runs, why numbers differ, what TikTok's codes mean. For anybody, signed in or not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.responses import PlainTextResponse, Response

from admin.help_facts import FOLLOWS, REASONS, codes, wordings
from console.call import Call
from console.page import Page
from console.pages.handbook import installed_docs


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


async def show_guides(call: Call) -> Response:
    return call.page("help.html", title="Help", guides=GUIDES, docs=installed_docs())


def _shows(guide: Guide) -> Callable[[Call], Awaitable[Response]]:
    async def show(call: Call) -> Response:
        shown = {"codes": codes(), "wordings": wordings()} if guide.slug == "error-codes" else {}
        template = f"help_{guide.slug.replace('-', '_')}.html"
        more: dict[str, object] = {"follows": FOLLOWS, "reasons": REASONS, **shown}
        return call.page(template, 200, title=guide.title, guide=guide, **more)

    return show


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
        *(f"- [{name}]({base}/help/docs/{name}.md): {says}" for name, says in installed_docs().items()),
    ]
    return PlainTextResponse("\n".join(lines) + "\n")


PAGES = (
    Page("/help", show_guides, None),
    Page("/llms.txt", llms_txt, None),
    *(Page(f"/help/{guide.slug}", _shows(guide), None) for guide in GUIDES),
)
