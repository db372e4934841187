"""What a fact reads from a raw row."""

from typing import Any

import pytest

from tests.ledger.test_report import an_app, asked, installed
from tests.ledger.test_report import ledger as ledger  # noqa: PLC0414 - the fixture

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("locale", "country"),
    [
        ("de_DE", "DE"),
        ("zh-Hant-TW", "TW"),
        ("zh_TW_#Hant", "TW"),
        ("en-US-u-hc-h12", "US"),
        ("en_US@calendar=gregorian", "US"),
        ("en_US_POSIX", "US"),
        ("es-419", None),
        ("zh-min-nan", None),
        ("de-u-co-phonebk", None),
    ],
)
async def test_a_locale_says_its_country_whatever_stands_behind_it(
    ledger: Any, locale: str, country: str | None
) -> None:
    await an_app(ledger)
    await installed(ledger, click={"ad_id": "1"}, device={"locale": locale})
    assert [row["key"] for row in (await asked(ledger, "country"))["rows"]] == [{"country": country}]
