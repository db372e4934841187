"""The table of TikTok's result codes against the fact sheet it was written from."""

import pytest

from tiktok.code_table import CODES, WORDINGS, Code, Outcome, Wording, code_row, wording_for

# Every code and run of codes of the fact sheet, by what it says to do with it.
DOCUMENTED: dict[Outcome, list[int | range]] = {
    "delivered": [0, 20001, 40050],
    "throttled": [40016, 40100, 40132, 40133, 61000],
    "transient": [
        *[40200, 40201, 40202, 50000, 50001, 50002, 51099, 51305, 53102, 53103, 60001],
        range(51000, 51068),
        range(52000, 52205),
    ],
    "setup": [
        *[40001, 40003, 40101, 40102, 40103, 40104, 40105, 40106, 40107, 40108, 40109, 40110],
        range(40112, 40132),
        range(40300, 40303),
        *[41000, 41001, 41002, 70001],
    ],
    "invalid": [
        *[40000, 40002, 40005, 40006, 40007, 40008, 40009, 40011, 40013, 40051, 40061, 40062, 40063, 40700, 40900]
    ],
}
NUMBERED = [
    (number, outcome)
    for outcome, entries in DOCUMENTED.items()
    for entry in entries
    for number in ([entry] if isinstance(entry, int) else entry)
]


def test_every_documented_code_has_its_outcome_and_there_is_no_other() -> None:
    listed = {number: row.outcome for row in CODES for number in range(row.first, row.last + 1)}
    assert listed == dict(NUMBERED)


def test_a_single_code_goes_before_the_run_it_lies_in() -> None:
    assert [(row.name if row else None) for row in map(code_row, (51012, 40118))] == ["PIXEL_ERROR", "NOT_IN_WHITELIST"]


@pytest.mark.parametrize("code", [1, -1, 40111, 42900, 51068, 99999])
def test_a_code_nobody_documented_has_no_row(code: int) -> None:
    assert code_row(code) is None


@pytest.mark.parametrize("row", CODES, ids=lambda row: str(row.first))
def test_every_code_says_in_plain_english_what_it_means_and_what_to_do(row: Code) -> None:
    assert row.meaning.endswith(".")
    assert row.remedy.endswith(".") or row.outcome == "delivered"


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda wording: wording.pattern.pattern)
def test_every_wording_belongs_to_listed_codes_and_explains_itself(wording: Wording) -> None:
    assert all(code_row(code) for code in wording.codes)
    assert wording.meaning.endswith(".")
    assert wording.remedy.endswith(".")


@pytest.mark.parametrize(
    ("code", "message", "outcome"),
    [
        (40002, "Could not acquire IP", "transient"),
        (40002, "Permission denied", "setup"),
        (40002, "Invalid pixel code", "setup"),
        (40002, "event_source_id: not found", "setup"),
        (40002, "Access token is invalid", "setup"),
        (40002, "properties.value: Not a valid number", None),
        (40005, "Event source mismatch", "setup"),
        (40005, "whatever", None),
        (40100, "Authentication failed", "setup"),
        (40100, "Too many requests for this access token", "throttled"),
        (40100, "App reaches the QPS limit 20", "throttled"),
        (40001, "The app lacks the required scope", "setup"),
        (40133, "Request too frequent", "throttled"),
        (51021, "Too many requests", "throttled"),
        (51020, "Too many requests", None),
        (12345, "Too many requests", "throttled"),
        (12345, "Application not found", "setup"),
        (None, "Authentication failed", "setup"),
        (None, "OK", None),
        (0, "Too many requests", None),
    ],
)
def test_words_say_more_than_the_number_where_the_number_has_several_meanings(
    code: int | None, message: str, outcome: Outcome | None
) -> None:
    wording = wording_for(code, message)
    assert (wording.outcome if wording else None) == outcome
