"""The handbook: `docs/*.md` as pages for people. Markdown by markdown-it-py; what only GitHub can show is left out."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

DOCS: Final = Path(__file__).parents[1] / "docs"
_COMMENTS: Final = re.compile(r"^<!--.*?-->\n?", re.MULTILINE)
_BREAK: Final = re.compile(r"<br ?/?>")
_IN_THE_HANDBOOK: Final = re.compile(r"(?P<name>[a-z-]+)\.md(?P<part>#.*)?|#.*")
_FIGURE: Final = re.compile(r"[a-z-]+/[a-z-]+\.svg")
_IN_NUMBERS: Final = re.compile(r"text-align:(right|center)")


@dataclass(frozen=True, slots=True)
class Part:
    """A heading of the second rank."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    parts: tuple[Part, ...]
    body: Markup


@cache
def document(name: str) -> Document:
    """`docs/NAME.md`, read once in a process' life.

    Raises:
        FileNotFoundError: it was not installed along.
    """
    return rendered((DOCS / f"{name}.md").read_text())


def rendered(text: str) -> Document:
    """Its first heading is the title and no part of the body."""
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(_COMMENTS.sub("", text))
    headings = list(_anchored(tokens))
    _label_tables(tokens)
    for token in tokens:
        _lead(token.children or ())
        for one in (token, *(token.children or ())):
            _show(one)
    title = headings[0][1] if headings else ""
    return Document(
        title,
        tuple(Part(anchor, said) for tag, said, anchor in headings if tag == "h2"),
        Markup(markdown.renderer.render(tokens[3 if headings else 0 :], markdown.options, {})),  # noqa: S704 - our own
    )


def _anchored(tokens: Sequence[Token]) -> Iterator[tuple[str, str, str]]:
    """Tag, text and anchor of each heading, which is given that anchor: GitHub's, as links between pages have it."""
    seen: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        said = "".join(child.content for child in inline.children or ())
        anchor = _anchor(said)
        times = seen[anchor] = seen.get(anchor, -1) + 1
        anchor = f"{anchor}-{times}" if times else anchor
        opening.attrSet("id", anchor)
        yield opening.tag, said, anchor


def _label_tables(tokens: Sequence[Token]) -> None:
    """Each by the heading above it and its number there, so that readers of the screen can tell them apart."""
    above, number = "", 0
    for token, inline, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.type == "heading_open":
            above, number = "".join(child.content for child in inline.children or ()), 0
        elif token.type == "table_open":
            number += 1
            token.attrSet("aria-label", above if number == 1 else f"{above}, table {number}")
        elif token.type == "th_open" and not inline.content:  # nothing is said of its column
            token.type, token.tag, closing.type, closing.tag = "td_open", "td", "td_close", "td"


def _anchor(said: str) -> str:
    kept = (c for c in said.lower() if c in "-_ " or unicodedata.category(c)[0] in "LN")
    return "".join(kept).replace(" ", "-")


def _lead(children: Sequence[Token]) -> None:
    """Links to other pages lead there; what lies outside of the handbook is named and no link, as nothing serves it."""
    leads = True
    for token in children:
        if token.type == "link_open":
            href = str(token.attrGet("href") or "")
            to = href if href.startswith("https://") else _within(href)
            leads = bool(to)
            token.attrs = {"href": to} if to else {}
        if token.type in {"link_open", "link_close"} and not leads:
            token.tag = "span"


def _within(href: str) -> str:
    """The address in the console, or ''."""
    found = _IN_THE_HANDBOOK.fullmatch(href)
    if not found:
        return ""
    name = found["name"]
    return f"/help/docs/{name}{found['part'] or ''}" if name else href


def _show(token: Token) -> None:
    """Tables scroll, code can be reached by the keyboard; of HTML the line break alone is taken."""
    match token.type:
        case "table_open":
            opening = Markup('<div class="table" tabindex="0" role="region" aria-label="{}">\n<table>\n')
            _replace(token, opening.format(token.attrGet("aria-label")))
        case "table_close":
            _replace(token, Markup("</table>\n</div>\n"))
        case "th_open" | "td_open":
            numbers = _IN_NUMBERS.fullmatch(str(token.attrs.pop("style", "")))  # the policy allows no style
            if token.tag == "th":
                token.attrSet("scope", "col")
            if numbers:
                token.attrSet("class", "count")
        case "code_block" | "fence":
            _replace(
                token, Markup('<div class="code"><pre tabindex="0"><code>{}</code></pre></div>\n').format(token.content)
            )
        case "image":
            _replace(token, _figure(str(token.attrGet("src")), token.content))
        case "html_inline" if _BREAK.fullmatch(token.content):
            pass
        case "html_inline" | "html_block":
            _replace(token, escape(token.content))


def _figure(src: str, said: str) -> Markup:
    if not _FIGURE.fullmatch(src):
        return escape(said)
    return Markup('<img src="/help/docs/{}" alt="{}">').format(src, said)


def _replace(token: Token, html: Markup) -> None:
    token.type = "html_block" if token.block else "html_inline"
    token.content = html
