"""Identifiers that must arrive hashed."""

import hashlib
from typing import Any

import pytest

from sandbox.codes import Code
from sandbox.refusals import Refusal
from sandbox.schema import check_row
from tests.sandbox.rows import EMAIL_HASH, NOW, a_row

HASHED = ["email", "phone", "external_id", "first_name", "last_name", "zip_code"]
RAW = {
    "an address": "alice@example.com",
    "a phone number": "+12133734253",
    "upper-case digest": EMAIL_HASH.upper(),
    "MD5": hashlib.md5(b"alice", usedforsecurity=False).hexdigest(),
    "SHA-512": hashlib.sha512(b"alice").hexdigest(),
    "digest with a newline": EMAIL_HASH + "\n",
    "digest with a prefix": "sha256:" + EMAIL_HASH,
}


@pytest.mark.parametrize("field", HASHED)
@pytest.mark.parametrize("value", RAW.values(), ids=RAW.keys())
def test_what_is_not_a_lower_case_sha256_digest_is_refused_as_not_hashed(field: str, value: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_row(a_row(user={field: value}), NOW)
    assert caught.value.code == Code.PII_NOT_HASHED
    assert caught.value.field == f"user.{field}"


def test_a_raw_value_in_a_list_is_named_by_its_index() -> None:
    with pytest.raises(Refusal) as caught:
        check_row(a_row(user={"email": [EMAIL_HASH, "alice@example.com"]}), NOW)
    assert (caught.value.code, caught.value.field) == (Code.PII_NOT_HASHED, "user.email.1")


@pytest.mark.parametrize("field", ["first_name", "last_name", "zip_code"])
def test_names_and_zip_take_one_digest_and_no_list(field: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_row(a_row(user={field: [EMAIL_HASH]}), NOW)
    assert caught.value.code == Code.PARAM_ERROR


@pytest.mark.parametrize("field", HASHED)
def test_the_digest_of_nothing_is_refused(field: str) -> None:
    nothing: Any = hashlib.sha256(b"").hexdigest()
    with pytest.raises(Refusal) as caught:
        check_row(a_row(user={field: nothing}), NOW)
    assert caught.value.code == Code.PARAM_ERROR
