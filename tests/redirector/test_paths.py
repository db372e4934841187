import pytest

from redirector.paths import tidy_path, tidy_slug, with_question_mark
from tests.redirector.serving import Redirector, stored_clicks
from tests.redirector.wire import ask

TAILS = (
    *"/.,)];>'!:*", "//", "%20", "%2F", "%2f", '"', "%22", "%29", "%2E", ").", "/.", "%20/", "%0A", "%0d%0a", "%09",
    "%E2%80%9D", "%E2%80%99", "%C2%A0", "%E2%80%8B", "%EF%BC%89", "…", "”",
)  # fmt: skip

HEADS = ("/", "//", "%20", "%2F", "%0A", "%09", "%C2%A0", "%E2%80%8B", "%EF%BB%BF", "/%20")


@pytest.mark.parametrize("head", HEADS)
def test_a_slash_or_a_blank_too_many_before_a_slug_is_not_part_of_it(redirector: Redirector, head: str) -> None:
    for method in ("GET", "HEAD"):
        reply = ask(redirector.port, f"/{head}spring?ttclid=E.C.P.abcd", method=method)
        assert reply.status == 302
    (click,) = stored_clicks(redirector.redis_url)
    assert (click.link, click.ttclid) == ("spring", "E.C.P.abcd")


@pytest.mark.parametrize("tail", TAILS)
def test_what_copying_adds_is_not_part_of_the_slug(redirector: Redirector, tail: str) -> None:
    for method in ("GET", "HEAD"):
        reply = ask(redirector.port, f"/spring{tail}?ttclid=E.C.P.abcd", method=method)
        assert reply.status == 302
    (click,) = stored_clicks(redirector.redis_url)
    assert (click.link, click.ttclid) == ("spring", "E.C.P.abcd")


@pytest.mark.parametrize("tail", ["a", "/a", "/stores/a", "%00", "é", "-", "_", "/.well-known", "%2Fa"])
def test_what_else_follows_makes_it_another_path(redirector: Redirector, tail: str) -> None:
    assert ask(redirector.port, f"/spring{tail}").status == 404


@pytest.mark.parametrize(
    ("path", "tidy"),
    [
        ("/a/", "/a"), ("/a./enrich", "/a/enrich"), ("/a)/stores/", "/a/stores"), ("/enrich", "/enrich"),
        ("/a-_.", "/a-_"), ("/a/b/", "/a/b/"), ("/", "/"), ("/...", "/..."), ("", ""),
        ("//", "//"), ("//a", "/a"), ("///a//stores", "/a/stores"),
        ("//a/b", "//a/b"), ("/.a", "/.a"),
    ],
)  # fmt: skip
def test_a_path_is_tidied(path: str, tidy: str) -> None:
    assert tidy_path(path) == tidy


def test_a_page_of_a_link_has_no_slug_of_its_own() -> None:
    assert (tidy_slug(b"/a/stores"), tidy_slug(b"/a%20"), tidy_slug(b"/")) == (b"", b"a", b"")


def test_a_tail_may_be_long() -> None:
    tail = "." * 8_000
    assert (tidy_path(f"/a{tail}"), tidy_path(f"/a{tail}b")) == ("/a", f"/a{tail}b")


def test_the_page_of_both_stores_has_a_tail_too(redirector: Redirector) -> None:
    tails = ("/bare/stores/", "/bare./stores", "/bare/stores.", "//bare/stores")
    assert [ask(redirector.port, path).status for path in tails] == [200] * 4


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        (b"/a&x=1", b"/a?x=1"), (b"/a&amp;x=1&y=2", b"/a?x=1&y=2"), (b"/a%26x=1", b"/a?x=1"),
        (b"/a%3Fx=1%20y", b"/a?x=1%20y"),
        (b"/a%3fx%3D1%26y%3D2%2520z", b"/a?x=1&y=2%20z"), (b"/a%3Fx%3D%C3%A9%20", b"/a?x=%C3%A9%20"),
        (b"/a/&x=1", b"/a/?x=1"),
        (b"/a&x=1?ttclid=t", b"/a?x=1&ttclid=t"), (b"/a?x=1&y=2", b"/a?x=1&y=2"), (b"/a?x=%26y=2", b"/a?x=%26y=2"),
        (b"/a%3Fx", b"/a%3Fx"), (b"/a&", b"/a&"), (b"/a&=1", b"/a&=1"), (b"/&x=1", b"/&x=1"),
        (b"/a/b&x=1", b"/a/b&x=1"),
        (b"/a;x=1", b"/a;x=1"), (b"http://t.test/a&x=1", b"http://t.test/a&x=1"), (b"*", b"*"), (b"", b""),
    ],
)  # fmt: skip
def test_a_query_that_lost_its_question_mark_gets_it_back(target: bytes, meant: bytes) -> None:
    assert with_question_mark(target) == meant


@pytest.mark.parametrize(
    "target",
    [
        "/spring&ttclid=E.C.P.abcd&campaign_id=7", "/spring%3Fttclid=E.C.P.abcd&campaign_id=7",
        "/spring%3Fttclid%3DE.C.P.abcd%26campaign_id%3D7", "/spring&campaign_id=7?ttclid=E.C.P.abcd",
    ],
)  # fmt: skip
def test_a_link_whose_query_was_mispasted_loses_no_click(redirector: Redirector, target: str) -> None:
    assert [ask(redirector.port, target, method=method).status for method in ("GET", "HEAD")] == [302, 302]
    (click,) = stored_clicks(redirector.redis_url)
    assert (click.link, click.ttclid, click.campaign_id) == ("spring", "E.C.P.abcd", "7")
