"""TikTok's result codes: what each is called, what it means, what follows and what whoever reads it can do.

Names: `tiktok_code.py` of tiktok/tiktok-business-api-sdk; 40016, 40115, 40133 and 41000 mean what the developer
portal's list of return codes says (2026-08). Outcomes follow the contract's result classes. TikTok answers some codes
for more than one reason, and other trackers read the same number differently, so `WORDINGS` looks at the words too.
"""

import re
from typing import Final, Literal

import msgspec

Outcome = Literal["delivered", "throttled", "transient", "setup", "invalid", "unknown"]


class Code(msgspec.Struct, frozen=True):
    """One code, or a run of codes that TikTok numbers by its inner services."""

    first: int
    last: int
    name: str
    """As TikTok's SDK calls it."""
    outcome: Outcome
    meaning: str
    remedy: str
    """What to do, in a sentence; empty where nothing is to be done."""


class Wording(msgspec.Struct, frozen=True):
    """A message that means something else than its code alone does."""

    codes: tuple[int, ...]
    """Where it counts; empty = with a code that is not in the table, or with none."""
    pattern: re.Pattern[str]
    outcome: Outcome
    meaning: str
    remedy: str


_RECONNECT: Final = (
    "Generate a new access token in Events Manager (pixel, Settings, Events API) and give it to the pixel."
)
_OAUTH: Final = "Disconnect TikTok and connect it again with an account that is Admin or Operator of the advertiser."
_PERMISSION: Final = "Use the token of this very pixel; check that its owner is Admin or Operator of the advertiser."
_OUR_BUG: Final = "This is a mistake of Signalpost's: report it with TikTok's words."
_WAIT: Final = "Nothing: it is sent again by itself."
_ROW: Final = "Mend what TikTok's words name (the app's event or the mapping), then replay the delivery."
_APP: Final = "Check the app in TikTok's developer portal: its id, its secret, its review and its permissions."
_ELSEWHERE: Final = "Let the worker reach TikTok from another country: host it there, or set HTTPS_PROXY."
_ADVERTISER: Final = "Choose an advertiser that the connected account may use, and a pixel that belongs to it."


def _one(code: int, name: str, outcome: Outcome, meaning: str, remedy: str) -> Code:
    return Code(code, code, name, outcome, meaning, remedy)


CODES: Final[tuple[Code, ...]] = (
    _one(0, "OK", "delivered", "TikTok took it.", ""),
    _one(20001, "PARTIAL_OK", "delivered", "TikTok took part of the batch.", "See the rows TikTok names."),
    _one(40000, "INVALID_PARAMS", "invalid", "TikTok refused the parameters.", _ROW),
    _one(40001, "PERMISSION_ERROR", "setup", "The token may not write to this pixel or advertiser.", _PERMISSION),
    _one(40002, "PARAM_ERROR", "invalid", "A field is missing, of the wrong type or has a value TikTok refuses.", _ROW),
    _one(40003, "FORBIDDEN", "setup", "TikTok forbids this to the token's owner.", _PERMISSION),
    _one(40005, "(not in the SDK)", "invalid", "TikTok refused it; the code is not documented.", _ROW),
    _one(40006, "VERSION_ERROR", "invalid", "TikTok does not know this version of the request.", _OUR_BUG),
    _one(40007, "NOT_EXIST", "invalid", "What the request names does not exist.", _ROW),
    _one(40008, "NOT_IMPL", "invalid", "TikTok has no such operation.", _OUR_BUG),
    _one(40009, "SANDBOX_ERROR", "invalid", "Only TikTok's own sandbox answers this.", "Check TIKTOK_API_URL."),
    _one(40011, "ID_LIMIT_EXCEED", "invalid", "The request names more ids than TikTok takes.", _OUR_BUG),
    _one(40013, "SANDBOX_ERROR", "invalid", "Only TikTok's own sandbox answers this.", "Check TIKTOK_API_URL."),
    _one(40016, "BIZ_FC_ERROR", "throttled", "More requests of a developer app than TikTok allows.", _WAIT),
    _one(40050, "DUPLICATED_REQUEST", "delivered", "TikTok has had this request already.", ""),
    _one(40051, "INVALID_API_VERSION", "invalid", "TikTok no longer serves this version of its API.", _OUR_BUG),
    _one(40061, "INVALID_BATCH_SIZE", "invalid", "More rows in one request than TikTok takes.", _WAIT),
    _one(40062, "PII_NOT_HASHED", "invalid", "An identifier that has to be hashed was sent plain.", _OUR_BUG),
    _one(40063, "INVALID_PARTNER_NAME", "invalid", "A partner name was sent that TikTok has not registered.", _OUR_BUG),
    _one(40100, "REQUEST_TOO_FREQUENT", "throttled", "More requests than TikTok allows.", _WAIT),
    _one(40101, "INVALID_PARTNER", "setup", "The developer app's id and secret do not belong together.", _APP),
    _one(40102, "ACCESS_TOKEN_EXPIRE", "setup", "The access token has expired.", _RECONNECT),
    _one(40103, "REFRESH_TOKEN_EXPIRE", "setup", "The refresh token has expired.", _OAUTH),
    _one(40104, "EMPTY_ACCESS_TOKEN", "setup", "No access token reached TikTok.", _RECONNECT),
    _one(40105, "INVALID_ACCESS_TOKEN", "setup", "The access token is wrong or was revoked.", _RECONNECT),
    _one(40106, "INVALID_CORE_USER", "setup", "TikTok does not know the token's owner.", _OAUTH),
    _one(40107, "INVALID_REFRESH_TOKEN", "setup", "The refresh token is wrong or was revoked.", _OAUTH),
    _one(40108, "INVALID_GRANT_TYPE", "setup", "TikTok refused the way the token was asked for.", _OAUTH),
    _one(40109, "ERROR_AES_DECIPHER", "setup", "TikTok could not read the token.", _RECONNECT),
    _one(40110, "AUTH_CODE_ERROR", "setup", "The authorisation code was used before or has expired.", _OAUTH),
    Code(40112, 40131, "(authorisation)", "setup", "TikTok refused the token or app.", _PERMISSION),
    _one(40112, "PASSWORD_ERROR", "setup", "TikTok refused the owner's password.", _OAUTH),
    _one(40113, "APP_FORBIDDEN", "setup", "TikTok has barred the developer app.", _APP),
    _one(40114, "ADVERTISER_LOGOUT", "setup", "The advertiser withdrew the connection.", _OAUTH),
    _one(40115, "AUTH_TIMESTAMP_EXPIRE", "setup", "The authorisation code is no longer good.", _OAUTH),
    _one(40116, "AUTH_SIG_ERROR", "setup", "TikTok refused the request's signature.", _APP),
    _one(40117, "APP_METHOD_FORBIDDEN", "setup", "The developer app may not call this.", _APP),
    _one(40118, "NOT_IN_WHITELIST", "setup", "TikTok opens this to chosen advertisers only.", "Ask TikTok to open it."),
    _one(40124, "DEVELOPER_REJECTED", "setup", "TikTok turned the developer down.", _APP),
    _one(40125, "DEVELOPER_NO_PERMISSION", "setup", "The developer lacks the permission.", _APP),
    _one(40130, "SCOPE_NOT_AUTHORIZED", "setup", "The connection was not given this scope.", _OAUTH),
    _one(40132, "REQUEST_FREQUENCY_LIMITED", "throttled", "More requests than TikTok allows.", _WAIT),
    _one(40133, "(not in the SDK)", "throttled", "More requests of an advertiser than TikTok allows.", _WAIT),
    _one(40200, "GENERAL_TASK_ERROR", "transient", "A task inside TikTok failed.", _WAIT),
    _one(40201, "TASK_NOT_READY", "transient", "TikTok has not finished what was asked for.", _WAIT),
    _one(40202, "WRITE_CONFLICT", "transient", "Two writes met inside TikTok.", _WAIT),
    _one(40300, "ADVERTISER_NOT_EXIST", "setup", "TikTok does not know the advertiser.", _ADVERTISER),
    _one(40301, "ROLE_ERROR", "setup", "The account's role is too small.", _ADVERTISER),
    _one(40302, "CUSTOMER_ADVERTISER_NOT_EXIST", "setup", "TikTok does not know the advertiser.", _ADVERTISER),
    _one(40700, "RPC_VALIDATION_ERROR", "invalid", "A service inside TikTok refused the request.", _ROW),
    _one(40900, "SIGNATURE_ERROR", "invalid", "TikTok refused the signature.", _OUR_BUG),
    _one(41000, "BLOCKED", "setup", "TikTok takes no requests from this server's country.", _ELSEWHERE),
    _one(41001, "INTERFACE_OFFLINE", "setup", "TikTok has taken this interface away.", "Upgrade Signalpost."),
    _one(41002, "FIELDS_OFFLINE", "setup", "TikTok has taken a field away.", "Upgrade Signalpost."),
    _one(50000, "SYS_ERROR", "transient", "Something failed inside TikTok.", _WAIT),
    _one(50001, "SYS_ERROR", "transient", "Something failed inside TikTok.", _WAIT),
    _one(50002, "SYS_TIMEOUT", "transient", "TikTok took too long over it.", _WAIT),
    _one(51012, "PIXEL_ERROR", "transient", "TikTok's pixel service failed.", _WAIT),
    Code(51000, 51067, "(a service of TikTok's)", "transient", "A service inside TikTok failed.", _WAIT),
    _one(51099, "(a service of TikTok's)", "transient", "A service inside TikTok failed.", _WAIT),
    _one(51305, "(a service of TikTok's)", "transient", "A service inside TikTok failed.", _WAIT),
    Code(52000, 52204, "(TikTok's storage)", "transient", "TikTok's storage failed.", _WAIT),
    _one(53102, "(TikTok's storage)", "transient", "TikTok could not write or read its own data.", _WAIT),
    _one(53103, "(TikTok's storage)", "transient", "TikTok could not write or read its own data.", _WAIT),
    _one(60001, "MAINTENANCE", "transient", "TikTok is under maintenance.", _WAIT),
    _one(61000, "TOO_MANY_REQUESTS_BL", "throttled", "More requests than TikTok allows.", _WAIT),
    _one(70001, "INVALID_BIZ_AUTH_TYPE", "setup", "The kind of authorisation does not fit the account.", _OAUTH),
)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_FREQUENCY: Final = _words(r"too many|frequen|rate limit|\bQP[SMD]\b")

# The first that fits counts. Those of 40001, 40002, 40005 and 40100 hold what SignalSeal and Datafly Signal say of
# these numbers, the last two are what Appstack lists without a number.
WORDINGS: Final[tuple[Wording, ...]] = (
    Wording((40100, 40133, 51021), _FREQUENCY, "throttled", "More requests than TikTok allows.", _WAIT),
    Wording(
        (40002,),
        # seen once, in one public repository
        _words(r"could not acquire ip"),
        "transient",
        "TikTok did not get hold of the address, which passes.",
        _WAIT,
    ),
    Wording(
        (40001,),
        _words(r"scope|under review|pending"),
        "setup",
        "The developer app lacks a scope, or TikTok has not finished reviewing it.",
        _APP,
    ),
    Wording(
        (40001, 40002, 40100),
        _words(r"authenticat|access.?token|\btoken\b.*(wrong|invalid|revoked|expired)"),
        "setup",
        "The Events API token is wrong or was revoked.",
        _RECONNECT,
    ),
    Wording(
        (40002,),
        _words(r"permission|not authori[sz]ed"),
        "setup",
        "The connection lost its access to this advertiser.",
        _OAUTH,
    ),
    Wording(
        (40002,),
        _words(r"event.?source.?id|\bpixel\b"),
        "setup",
        "The pixel code is wrong.",
        "Compare the pixel code with the one at the top of the pixel's page in Events Manager.",
    ),
    Wording(
        (40005,),
        _words(r"event.?source|pixel|mismatch"),
        "setup",
        "The pixel does not belong to the connected advertiser.",
        "Pick a pixel that sits under the connected advertiser.",
    ),
    Wording(
        (),
        _words(r"authentication failed"),
        "setup",
        "TikTok refused the account.",
        "Check the account's permissions in TikTok's Business Center, then connect again.",
    ),
    Wording(
        (),
        _words(r"application not found"),
        "setup",
        "TikTok does not know the app under this account.",
        "Check the app's id in Business Center, and that the account may use the advertiser.",
    ),
    Wording((), _FREQUENCY, "throttled", "More requests than TikTok allows.", _WAIT),
)

# Runs first, so that the row of a single code takes its place back.
_BY_CODE: Final[dict[int, Code]] = {
    number: row
    for row in sorted(CODES, key=lambda row: row.first - row.last)
    for number in range(row.first, row.last + 1)
}


def code_row(code: int) -> Code | None:
    """The table's row; None for a code TikTok has not documented."""
    return _BY_CODE.get(code)


def wording_for(code: int | None, message: str) -> Wording | None:
    """The wording that `message` shows under `code`; None where the code alone says what there is to say."""
    listed = code is not None and code in _BY_CODE
    for wording in WORDINGS:
        fits = code in wording.codes if listed else not wording.codes
        if fits and wording.pattern.search(message):
            return wording
    return None
