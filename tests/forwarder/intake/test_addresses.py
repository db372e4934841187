"""Addresses by which a phone's network can be told."""

import pytest

from clicks.address import address_text
from forwarder.errors import FieldError
from forwarder.intake.addresses import address, addresses, is_ordinary, is_public
from forwarder.intake.set_aside import noting


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", None),
    ],
)
def test_an_address_is_kept_in_its_canonical_text(value: str, expected: str | None) -> None:
    assert address("ip", value) == expected


@pytest.mark.parametrize("value", ["1.2.3", "1.2.3.256", "example.com", "2130706433", "1.2.3.4/8", "::g"])
def test_anything_else_is_no_address(value: str) -> None:
    with pytest.raises(FieldError):
        address("ip", value)


@pytest.mark.parametrize("first", range(256))
def test_a_first_byte_tells_that_an_address_is_public_only_where_it_is(first: int) -> None:
    rest = [bytes(3), b"\xff\xff\xff", *(bytes([byte, 0, 1]) for byte in range(256))]
    ordinary = {is_ordinary(bytes([first]) + one) for one in rest}
    assert len(ordinary) == 1
    assert not ordinary.pop() or all(is_public(address_text(bytes([first]) + one)) for one in rest)


def test_of_nearly_every_address_the_first_byte_tells_it() -> None:
    assert sum(is_ordinary(bytes([first, 0, 0, 1])) for first in range(256)) == 215


def test_addresses_are_listed_once_each() -> None:
    assert addresses("ips", ["203.0.113.7", "::ffff:203.0.113.7", "", "2001:db8::1"]) == ["203.0.113.7", "2001:db8::1"]
    with pytest.raises(FieldError):
        addresses("ips", ["203.0.113.7"] * 9)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("203.0.113.7:52311", "203.0.113.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1%en0", "2001:db8::1"),
        ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("10.0.0.1,203.0.113.7", "203.0.113.7"),
        (" 8.8.8.8 ", "8.8.8.8"),
        ("unknown, 203.0.113.7", "203.0.113.7"),
    ],
)
def test_an_address_is_read_as_proxies_and_systems_write_it(value: str, expected: str) -> None:
    assert address("ip", value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.5", "100.64.0.1", "100.127.255.254",
        "127.0.0.1", "0.0.0.0",
        "169.254.1.1", "192.0.0.4", "192.0.0.8", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "::", "::1", "fe80::1", "fe80::1%en0", "fd00::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:192.168.1.5",
    ],
)  # fmt: skip
def test_an_address_that_is_not_globally_routable_is_absent_and_counted(value: str) -> None:
    with noting() as noted:
        assert address("ip", value) is None
        assert addresses("ips", [value, "8.8.4.4"]) == ["8.8.4.4"]
    assert noted == {("ip", "not_public"): 1, ("ips", "not_public"): 1}


@pytest.mark.parametrize(
    "value", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.2.1", "198.51.100.4", "198.18.1.4", "2a00:1450::1"]
)
def test_any_other_address_is_taken(value: str) -> None:
    assert address("ip", value) == value


@pytest.mark.parametrize(
    ("value", "reason"), [("null", "placeholder"), ("unknown", "not_an_address"), ("nil", "placeholder")]
)
def test_a_word_for_no_address_is_absent_and_counted(value: str, reason: str) -> None:
    with noting() as noted:
        assert address("ip", value) is None
    assert noted == {("ip", reason): 1}


def test_the_many_private_addresses_of_a_phone_do_not_count_among_the_eight() -> None:
    interfaces = [f"fe80::{number}%en0" for number in range(20)]
    assert addresses("ips", [*interfaces, "203.0.113.7"]) == ["203.0.113.7"]
