"""`timezone` takes what the time zone database lists."""

import pytest

from ledger.setting_values import SettingError, check_timezone


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Berlin", "Asia/Calcutta", "Asia/Kolkata", "America/Argentina/Ushuaia", "GMT"]
)
def test_a_listed_name_is_taken(name: str) -> None:
    check_timezone("timezone", name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("europe/berlin", "written as Europe/Berlin"),
        ("posixrules", "such as Europe/Berlin"),
        ("localtime", "such as Europe/Berlin"),
        ("right/Europe/Berlin", "such as Europe/Berlin"),
        ("../../etc/localtime", "such as Europe/Berlin"),
        ("Europe", "such as Europe/Berlin"),
        ("UTC+2", "such as Europe/Berlin"),
        ("CEST", "such as Europe/Berlin"),
    ],
)
def test_any_other_is_refused_with_the_way_out(name: str, says: str) -> None:
    with pytest.raises(SettingError, match=f"^timezone: must be .*{says}"):
        check_timezone("timezone", name)
