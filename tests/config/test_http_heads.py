from config.http_heads import is_host


def test_a_host_is_a_name_or_an_address_with_or_without_a_port() -> None:
    assert all(map(is_host, [b"", b"a.test", b"a:80", b"[::1]:8", b"xn--a", b"127.0.0.1:"]))
    assert not any(map(is_host, [b"a b", b"a/b", b"a@b", b"[::1", b"a:b", b"\xc3\xa9", b"a%2", b"a\tb", b"a:1:2"]))
