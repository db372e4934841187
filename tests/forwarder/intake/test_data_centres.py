"""Data-centre ranges from a file."""

from pathlib import Path

import pytest

from forwarder.intake.data_centres import DataCentreRangesError, DataCentres, read_data_centres


@pytest.mark.parametrize(
    ("address", "holds"),
    [
        ("198.51.100.0", True),
        ("198.51.100.255", True),
        ("198.51.101.0", False),
        ("198.51.99.255", False),
        ("::ffff:198.51.100.7", True),
        ("2001:db8:5::1", True),
        ("2001:db8:6::1", False),
        ("10.1.2.3", True),
        ("10.200.0.1", True),
        ("nonsense", False),
        ("", False),
    ],
)
def test_an_address_is_a_data_centres_within_its_ranges(address: str, holds: bool) -> None:
    ranges = DataCentres(["198.51.100.0/24", "2001:db8:5::/48", "10.0.0.0/8", "10.1.0.0/16"])
    assert ranges.holds(address) is holds


def test_published_lists_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "ranges.csv"
    path.write_text("# cloud\n198.51.100.0/24,us-east\n\n203.0.113.9 # one host\n2001:db8::/32\n")
    ranges = read_data_centres(path)
    assert [ranges.holds(address) for address in ("198.51.100.1", "203.0.113.9", "2001:db8::1", "192.0.2.1")] == [
        True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["198.51.100.0/24\nexample.com\n", "300.1.1.1/8", None])
def test_a_file_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ranges.txt"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataCentreRangesError, match="DATACENTER_RANGES_FILE"):
        read_data_centres(path)


def test_without_a_file_no_address_is_a_data_centres() -> None:
    assert read_data_centres(None).holds("198.51.100.1") is False
