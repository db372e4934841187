"""Asking once more where TikTok says "not now"."""

import pytest

from ad_accounts import patience
from ad_accounts.patience import patiently
from tests.tiktok.test_account_refusals import said
from tiktok.account_refusals import ApiRefused, refusal_of

pytestmark = pytest.mark.anyio


class Answers:
    """Refuses with these codes, then answers."""

    def __init__(self, *refusals: tuple[int, str]) -> None:
        self._refusals = list(refusals)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        if self._refusals:
            refused = refusal_of(said(*self._refusals.pop(0)))
            assert refused is not None
            raise refused
        return "well"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_WAITS_S", (0.0, 0.0))


@pytest.mark.parametrize("code", [(40100, "QPS"), (40016, "restricted"), (50000, "System error")])
async def test_what_is_soon_over_is_asked_up_to_three_times(code: tuple[int, str]) -> None:
    assert await patiently(Answers(code, code)) == "well"
    thrice = Answers(code, code, code)
    with pytest.raises(ApiRefused):
        await patiently(thrice)
    assert thrice.asked == 3


@pytest.mark.parametrize(
    "code", [(40100, "QPM limit"), (40100, "QPD limit"), (40105, "dead"), (40001, "no"), (40002, "bad")]
)
async def test_what_lasts_is_not_asked_again(code: tuple[int, str]) -> None:
    answers = Answers(code)
    with pytest.raises(ApiRefused):
        await patiently(answers)
    assert answers.asked == 1
