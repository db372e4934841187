"""The eight rules, each with the tests that hold it."""

import re
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
GUIDE: Final = ROOT / "docs" / "privacy.md"

RULES: Final = {
    1: ("privacy/test_consent.py", ("test_a_refusal_between_accept_and_send_keeps_everything_back",
                                    "test_consent_is_kept_with_who_said_it_and_when")),
    2: ("privacy/test_consent.py", ("test_who_said_no_is_counted_and_not_described",)),
    3: ("privacy/test_addresses.py", ("test_no_key_of_redis_holds_an_address_or_a_hash_without_a_secret",
                                      "test_a_click_of_before_the_new_key_is_found_until_the_old_key_leaves_the_list")),
    4: ("privacy/test_retention.py", ("test_nothing_is_older_than_it_may_be_once_the_time_has_passed",
                                      "test_every_table_has_its_line", "test_every_key_has_its_line")),
    5: ("privacy/test_canaries.py", ("test_after_the_erasure_no_table_names_the_canary",
                                     "test_a_backup_made_after_the_erasure_does_not_name_the_canary",
                                     "test_after_the_erasure_the_sums_are_still_there")),
    6: ("privacy/test_canaries.py", ("test_no_log_of_ours_or_of_an_engine_names_the_canary",
                                     "test_no_metric_names_the_canary",
                                     "test_no_alert_names_the_canary_though_tiktok_did")),
    7: ("privacy/test_consent.py", ("test_a_replay_respects_a_refusal",)),
    8: ("privacy/test_signals.py", ("test_a_browser_with_global_privacy_control_is_redirected_as_any_other",)),
}  # fmt: skip
"""Rule of `docs/privacy.md` -> file under `tests/` and the tests in it."""


def rules_of_the_guide() -> set[int]:
    """The numbers in the table of rules."""
    return {int(number) for number in re.findall(r"^\| (\d+) \|", GUIDE.read_text(), re.MULTILINE)}


def test_every_rule_that_operators_are_told_has_a_test() -> None:
    assert rules_of_the_guide() == set(RULES) == set(range(1, 9))


@pytest.mark.parametrize("rule", RULES)
def test_the_tests_of_a_rule_are_there(rule: int) -> None:
    file, tests = RULES[rule]
    text = (HERE.parent / file).read_text()
    assert tests
    assert [name for name in tests if f"def {name}(" not in text] == []


def test_every_lifetime_that_operators_are_told_is_the_one_that_is_tested() -> None:
    """The settings' defaults and the shorter lifetimes, as the guide's table has them."""
    guide = GUIDE.read_text()
    for words in ("`CLICK_RETENTION_DAYS` (28)", "`LEDGER_RETENTION_DAYS` (180)", "30 days", "7 days"):
        assert words in guide
