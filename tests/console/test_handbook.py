"""Markdown of the handbook as HTML that the console's policy and its style know."""

import pytest

from console.handbook import Part, rendered


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("[a](operating.md)", '<p><a href="/help/docs/operating">a</a></p>'),
        ("[a](operating.md#a-b)", '<p><a href="/help/docs/operating#a-b">a</a></p>'),
        ("[a](#a-b)", '<p><a href="#a-b">a</a></p>'),
        ("[a](https://example.com/)", '<p><a href="https://example.com/">a</a></p>'),
        ("[a `b`](../deploy) [c](#d)", '<p><span>a <code>b</code></span> <a href="#d">c</a></p>'),
        ("[a](javascript:alert%281%29)", "<p>[a](javascript:alert%281%29)</p>"),
        ("[a](//example.com)", "<p><span>a</span></p>"),
        ("![A b](matching/worlds.svg)", '<p><img src="/help/docs/matching/worlds.svg" alt="A b"></p>'),
        ("![A b](https://example.com/a.png)", "<p>A b</p>"),
        ("a<br>b <i>c</i> <script>", "<p>a<br>b &lt;i&gt;c&lt;/i&gt; &lt;script&gt;</p>"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<!-- made by a script -->\na\n<!-- /made -->", "<p>a</p>"),
        ("    a <b>", '<div class="code"><pre tabindex="0"><code>a &lt;b&gt;\n</code></pre></div>'),
        ("```json\n{}\n```", '<div class="code"><pre tabindex="0"><code>{}\n</code></pre></div>'),
        ("### A `b`, c: d_e", '<h3 id="a-b-c-d_e">A <code>b</code>, c: d_e</h3>'),
    ],
)
def test_markdown_becomes_what_the_console_can_show(markdown: str, html: str) -> None:
    assert rendered(f"# Title\n\n{markdown}").body.strip() == html


def test_the_first_heading_is_the_title_and_the_second_rank_the_parts() -> None:
    shown = rendered("# A *title*\n\na\n\n## One\n\n### Below\n\n## One\n\nb\n")
    assert shown.title == "A title"
    assert shown.parts == (Part("one", "One"), Part("one-1", "One"))
    assert "title" not in shown.body


def test_a_table_scrolls_has_a_name_of_its_own_and_no_style() -> None:
    table = "| a | b |\n|---|---:|\n| c | 1 |\n\n"
    body = rendered(f"# Title\n\n## Costs\n\n{table}{table}").body
    assert 'aria-label="Costs"' in body
    assert 'aria-label="Costs, table 2"' in body
    assert '<th scope="col" class="count">b</th>' in body
    assert '<td class="count">1</td>' in body
    assert "style" not in body


def test_a_column_without_a_heading_has_no_empty_one() -> None:
    body = rendered("# Title\n\n| | b |\n|---|---|\n| c | 1 |\n").body
    assert '<tr>\n<td></td>\n<th scope="col">b</th>\n</tr>' in body
