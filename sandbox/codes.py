"""TikTok's result codes: the sandbox's own table, so that a mistake in the sender's table shows.

Names follow `tiktok_code.py` of TikTok's published Python SDK. Messages are those seen on the wire where one is known,
else the name in words.
"""

from enum import IntEnum


class Code(IntEnum):
    """`code` of the answer envelope. 0 is the only full success."""

    OK = 0
    PARTIAL_OK = 20001
    INVALID_PARAMS = 40000
    PERMISSION_ERROR = 40001
    PARAM_ERROR = 40002
    FORBIDDEN = 40003
    EVENT_SOURCE_MISMATCH = 40005  # not in the SDK; the words are those SignalSeal shows
    VERSION_ERROR = 40006
    NOT_EXIST = 40007
    NOT_IMPL = 40008
    SANDBOX_ERROR = 40009
    ID_LIMIT_EXCEED = 40011
    SANDBOX_LIMIT = 40013
    BIZ_FC_ERROR = 40016
    DUPLICATED_REQUEST = 40050
    INVALID_API_VERSION = 40051
    INVALID_BATCH_SIZE = 40061
    PII_NOT_HASHED = 40062
    INVALID_PARTNER_NAME = 40063
    REQUEST_TOO_FREQUENT = 40100
    INVALID_PARTNER = 40101
    ACCESS_TOKEN_EXPIRE = 40102
    REFRESH_TOKEN_EXPIRE = 40103
    EMPTY_ACCESS_TOKEN = 40104
    INVALID_ACCESS_TOKEN = 40105
    INVALID_CORE_USER = 40106
    INVALID_REFRESH_TOKEN = 40107
    INVALID_GRANT_TYPE = 40108
    ERROR_AES_DECIPHER = 40109
    AUTH_CODE_ERROR = 40110
    PASSWORD_ERROR = 40112
    APP_FORBIDDEN = 40113
    ADVERTISER_LOGOUT = 40114
    AUTH_TIMESTAMP_EXPIRE = 40115
    AUTH_SIG_ERROR = 40116
    APP_METHOD_FORBIDDEN = 40117
    NOT_IN_WHITELIST = 40118
    DEVELOPER_REJECTED = 40124
    DEVELOPER_NO_PERMISSION = 40125
    SCOPE_NOT_AUTHORIZED = 40130
    REQUEST_FREQUENCY_LIMITED = 40132
    GENERAL_TASK_ERROR = 40200
    TASK_NOT_READY = 40201
    WRITE_CONFLICT = 40202
    ADVERTISER_NOT_EXIST = 40300
    ROLE_ERROR = 40301
    CUSTOMER_ADVERTISER_NOT_EXIST = 40302
    RPC_VALIDATION_ERROR = 40700
    SIGNATURE_ERROR = 40900
    BLOCKED = 41000
    INTERFACE_OFFLINE = 41001
    FIELDS_OFFLINE = 41002
    SYS_ERROR = 50000
    SYS_TIMEOUT = 50002
    STATISTICS_ERROR = 51001
    INTERNAL_TIME_OUT = 51010
    PIXEL_ERROR = 51012
    AUTH_SERVICE_ERROR = 51039
    MEASUREMENT_ERROR = 51050
    SERVICE_ERROR = 51305
    MAINTENANCE = 60001
    TOO_MANY_REQUESTS_BL = 61000
    INVALID_BIZ_AUTH_TYPE = 70001


_SEEN_ON_THE_WIRE: dict[int, str] = {
    Code.OK: "OK",
    Code.PERMISSION_ERROR: "No permission to operate this resource. "
    "You must be an admin or operator of this advertiser account.",
    Code.PARTIAL_OK: "Partial success.",
    Code.REQUEST_TOO_FREQUENT: "Too many requests. Please retry in some time.",
    Code.REQUEST_FREQUENCY_LIMITED: "Request frequency is limited.",
    Code.TOO_MANY_REQUESTS_BL: "Too many requests.",
    Code.ACCESS_TOKEN_EXPIRE: "Access token is expired.",
    Code.EMPTY_ACCESS_TOKEN: "Access token is empty.",
    Code.INVALID_ACCESS_TOKEN: "Access token is incorrect or has been revoked.",
    Code.SYS_ERROR: "System error. Please retry in some time.",
    Code.MAINTENANCE: "Service is under maintenance.",
}

SUCCESSES = frozenset({Code.OK, Code.PARTIAL_OK})


def message_of(code: int) -> str:
    """The words that go with a code when nothing more exact is known."""
    seen = _SEEN_ON_THE_WIRE.get(code)
    if seen is not None:
        return seen
    try:
        return Code(code).name.replace("_", " ").capitalize()
    except ValueError:
        return f"Error {code}"
