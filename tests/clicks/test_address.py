import hashlib
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clicks.address import MAX_REMEMBERED, AddressHasher, address_key, address_text, client_address, packed_address

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("203.0.113.7", "203.0.113.7", id="v4"),
        pytest.param(" 203.0.113.7\t", "203.0.113.7", id="v4 with spaces"),
        pytest.param("203.0.113.7:4711", "203.0.113.7", id="v4 with port"),
        pytest.param("[203.0.113.7]", "203.0.113.7", id="v4 in brackets"),
        pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="v6 is its /64"),
        pytest.param("2001:DB8:1:2::", "2001:db8:1:2::/64", id="v6 in capitals"),
        pytest.param("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64", id="v6 with brackets and port"),
        pytest.param("[2001:db8:1:2::9]", "2001:db8:1:2::/64", id="v6 with brackets"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="zone"),
        pytest.param("[fe80::1%25eth0]:80", "fe80::/64", id="zone in brackets with port"),
        pytest.param("::ffff:203.0.113.7", "203.0.113.7", id="mapped"),
        pytest.param("::ffff:cb00:7107", "203.0.113.7", id="mapped in hex"),
        pytest.param("[::ffff:203.0.113.7]:80", "203.0.113.7", id="mapped with brackets and port"),
        pytest.param("::", "::/64", id="unspecified"),
        pytest.param("", None, id="empty"),
        pytest.param("__IP__", None, id="macro"),
        pytest.param("203.0.113", None, id="three parts"),
        pytest.param("203.0.113.256", None, id="part too big"),
        pytest.param("0x7f.1", None, id="hex"),
        pytest.param("2130706433", None, id="one number"),
        pytest.param("203.0.113.7, 1.1.1.1", None, id="a list"),
        pytest.param("2001:db8::g", None, id="not hex"),
        pytest.param("1:2:3:4:5:6:7:8:9", None, id="nine groups"),
        pytest.param("203.0.113.7\x00", None, id="NUL"),
        pytest.param("٢٠٣.0.113.7", None, id="Arabic digits"),
        pytest.param("\ud800", None, id="lone surrogate"),
        pytest.param("[", None, id="one bracket"),
    ],
)
def test_the_key_of_an_address(text: str, key: str | None) -> None:
    assert address_key(text) == key


@given(st.ip_addresses())
def test_every_address_has_the_key_of_its_network(address: object) -> None:
    parsed = ip_address(str(address))
    mapped = getattr(parsed, "ipv4_mapped", None)
    shared = mapped or parsed
    expected = str(shared) if shared.version == 4 else f"{ip_network((shared, 64), strict=False).network_address}/64"
    key = address_key(str(parsed))
    assert key is not None
    assert ip_network(key) == ip_network(expected)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    packed = packed_address(text)
    assert packed is None or packed_address(address_text(packed)) == packed


def test_the_hash_is_keyed_and_shared_within_a_64() -> None:
    one, other = AddressHasher(b"one"), AddressHasher(b"other")
    address, neighbour = packed_address("2001:db8:1:2::1"), packed_address("2001:db8:1:2::2")
    stranger = packed_address("2001:db8:1:3::1")
    assert address is not None
    assert neighbour is not None
    assert stranger is not None
    assert one.hash(address) == one.hash(neighbour) < 2**46
    assert one.hash(address) not in {one.hash(stranger), other.hash(address)}
    digest = hashlib.blake2b(address[:8], key=b"one", digest_size=8).digest()
    assert one.hash(address) == int.from_bytes(digest) >> 18


def test_a_hasher_gives_the_same_hash_after_it_has_forgotten() -> None:
    hasher = AddressHasher(b"key")
    before = hasher.hash(b"\x01\x02\x03\x04")
    for number in range(MAX_REMEMBERED + 1):
        hasher.hash(number.to_bytes(4))
    assert hasher.hash(b"\x01\x02\x03\x04") == before


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        pytest.param("10.0.0.1", None, "10.0.0.1", id="no header"),
        pytest.param("10.0.0.1", "203.0.113.7", "203.0.113.7", id="one trusted proxy"),
        pytest.param("198.51.100.1", "203.0.113.7", "198.51.100.1", id="a stranger is not believed"),
        pytest.param("10.0.0.1", "1.1.1.1, 203.0.113.7", "203.0.113.7", id="what the client wrote itself is ignored"),
        pytest.param("10.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.2", "203.0.113.7", id="two trusted proxies"),
        pytest.param("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3", id="only trusted ones: the first"),
        pytest.param("10.0.0.1", "203.0.113.7, unknown", "10.0.0.1", id="junk on the right ends it"),
        pytest.param("10.0.0.1", "junk, 203.0.113.7:51000", "203.0.113.7", id="with a port"),
        pytest.param("10.0.0.1", "2001:db8::1", "2001:db8::1", id="v6 client behind a v4 proxy"),
        pytest.param("2001:db8:ffff::1", "203.0.113.7", "203.0.113.7", id="v6 proxy"),
        pytest.param("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7", id="mapped proxy"),
        pytest.param("10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7", id="mapped client"),
        pytest.param("10.0.0.1", ",,", "10.0.0.1", id="empty hops"),
        pytest.param("", "203.0.113.7", "", id="no peer"),
    ],
)
def test_the_client_is_found_from_the_right(peer: str, forwarded: str | None, address: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == address


def test_without_trusted_proxies_the_header_says_nothing() -> None:
    assert client_address("10.0.0.1", "203.0.113.7", ()) == "10.0.0.1"
