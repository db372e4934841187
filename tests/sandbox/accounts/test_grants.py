"""Codes and tokens by themselves; over HTTP see test_oauth.py."""

from itertools import count

import pytest

from sandbox.accounts import grants
from sandbox.accounts.grants import SANDBOX_APP, DeveloperApp, Grants
from sandbox.codes import Code
from sandbox.refusals import Refusal
from sandbox.tokens import Registry
from tests.sandbox.rows import NOW


def test_a_code_is_good_for_the_app_it_was_given_to(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Grants()
    other = DeveloperApp(app_id="5", secret="s")
    store.register(other)
    code = store.new_code(SANDBOX_APP, "account", NOW)
    with pytest.raises(Refusal) as refused:
        store.exchange(other, code, NOW)
    assert refused.value.code == Code.AUTH_CODE_ERROR
    assert store.exchange(SANDBOX_APP, code, NOW).app_id == SANDBOX_APP.app_id


def test_no_token_looks_like_one_that_is_refused_by_its_first_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()
    monkeypatch.setattr(grants.secrets, "token_hex", lambda size: f"bad{next(numbers)}".ljust(2 * size, "0"))
    store = Grants()
    token = store.exchange(SANDBOX_APP, store.new_code(SANDBOX_APP, "account", NOW), NOW).access_token
    assert Registry(None).admit(token) == token
