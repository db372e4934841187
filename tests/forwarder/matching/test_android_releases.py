"""Android's releases and API levels."""

import pytest

from forwarder.matching.android_releases import android_release


@pytest.mark.parametrize(
    ("given", "release"),
    [
        (4, 4), (14, 14), (16, 16), (17, 17), (20, 20), (21, 5), (23, 6), (28, 9), (32, 12), (34, 14), (36, 16),
        (37, 17), (1, None), (0, None), (3, None), (99, None), (231, None),
    ],
)  # fmt: skip
def test_an_api_level_is_its_release_and_a_release_itself(given: int, release: int | None) -> None:
    assert android_release(given) == release
