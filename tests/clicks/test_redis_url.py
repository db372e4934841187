"""What a REDIS_URL says."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clicks.connection import connect
from clicks.redis_url import RedisUrlError, read_redis_url
from clicks.seen_nodes import SeenNodes


@pytest.mark.parametrize("password", ["a/b", "a#b", "a?b", "a@b", "a:b", "50%", "12/x", "/#?@:", "a&b=c", "a,b"])
@pytest.mark.parametrize("user", ["", "me"])
@pytest.mark.parametrize(
    ("scheme", "db"), [("redis", "/3"), ("rediss", ""), ("redis+cluster", ""), ("rediss+cluster", "/0")]
)
def test_a_password_may_stand_as_it_is(scheme: str, db: str, user: str, password: str) -> None:
    client = connect(f"{scheme}://{user}:{password}@cache.example:6380{db}")
    arguments = getattr(client, "connection_pool", client).connection_kwargs
    assert (arguments.get("username") or "", arguments["password"]) == (user, password)


@given(st.text(min_size=1), st.text(min_size=1))
def test_what_is_percent_encoded_is_read_as_it_was(user: str, password: str) -> None:
    read = read_redis_url(
        f"redis://{quote(user, safe='', errors='replace')}:{quote(password, safe='', errors='replace')}@h"
    )
    assert read.nodes == (("h", 6379),)
    assert quote(password, safe="", errors="replace") in read.url


@pytest.mark.parametrize(
    ("url", "nodes"),
    [
        ("redis://h", (("h", 6379),)),
        ("redis://", (("localhost", 6379),)),
        ("redis://h/", (("h", 6379),)),
        ("redis://[2001:db8::1]:6380/2", (("2001:db8::1", 6380),)),
        ("redis://[::1]", (("::1", 6379),)),
        ("REDIS://h", (("h", 6379),)),
        ("unix:///run/valkey.sock?db=0", ()),
        ("redis+cluster://a:1,b:2", (("a", 1), ("b", 2))),
        ("redis+cluster://a,[::1]:2,", (("a", 6379), ("::1", 2))),
        ("redis+cluster://me:p@a:1,b:2/0?health_check_interval=5", (("a", 1), ("b", 2))),
    ],
)
def test_nodes(url: str, nodes: object) -> None:
    assert read_redis_url(url).nodes == nodes
    connect(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://:Geheim@h", "starts with none"),
        ("redis://:Geheim@h:port", "no host, port"),
        ("redis://:Geheim@h:70000", "up to 65535"),
        ("redis://:Geheim@h:0", "up to 65535"),
        ("redis://:Geheim@h/first", "no host, port"),
        ("redis://:Geheim@h/0#x", "no host, port"),
        ("redis://:Geheim@a:1,b:2", r"redis\+cluster://"),
        ("redis+cluster://:Geheim@a:1/2", "database 0 only"),
        ("redis+cluster://", "no host"),
        ("redis://:Geheim@h?nonsense=1", "`nonsense`"),
        ("redis://:Geheim@h?socket_timeout=soon", "`socket_timeout`"),
        ("redis://:Geheim@h?ssl_cert_reqs=none", "behind the"),
        ("redis+cluster://:Geheim@h?nonsense=1", "`nonsense`"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_without_the_password(url: str, words: str) -> None:
    with pytest.raises(RedisUrlError, match=words) as refused:
        connect(url)
    assert "Geheim" not in str(refused.value)


def test_nodes_are_remembered_for_their_start_nodes_only(tmp_path: Path) -> None:
    SeenNodes(tmp_path, [("a", 1)]).write([("x", 1), ("y", 2)])
    assert SeenNodes(tmp_path, [("a", 1)]).read() == [("x", 1), ("y", 2)]
    assert SeenNodes(tmp_path, [("b", 1)]).read() == []
    assert (tmp_path / "cluster.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"start": [["a", 1]]}', '{"start": [["a", 1]], "nodes": [1]}']
)
def test_a_file_that_cannot_be_understood_does_not_count(tmp_path: Path, content: str) -> None:
    (tmp_path / "cluster.json").write_text(content)
    assert SeenNodes(tmp_path, [("a", 1)]).read() == []


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    SeenNodes(tmp_path / "not-yet", [("a", 1)]).write([("x", 1)])
    assert list(tmp_path.iterdir()) == []
