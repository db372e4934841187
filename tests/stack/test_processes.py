"""The processes, and what stands in two places because nobody may import the sandbox."""

from sandbox.accounts.grants import SANDBOX_APP as KNOWN_TO_THE_SANDBOX
from stack.processes import SANDBOX_APP


def test_the_developer_app_is_the_one_that_the_sandbox_knows() -> None:
    known = KNOWN_TO_THE_SANDBOX
    assert {"tiktok_app_id": known.app_id, "tiktok_app_secret": known.secret} == SANDBOX_APP
