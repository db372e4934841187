"""Reading DATABASE_URL, once, for everything that connects: what libpq takes, and what hosters and other clients add.

The words are those of https://www.postgresql.org/docs/current/libpq-connect.html. asyncpg knows half of them, hands any
other to the server, which refuses it, and cuts a password at a raw `/`, `?` or `#`; SQLAlchemy hands all of them to
asyncpg's `connect`, which knows fewer still. So neither is given the URL.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlencode

from ledger.database_words import CACHE_OFF, SERVER_WORDS, TLS_WORDS, WORDS_FOR_OTHERS, tls_mode

DEFAULT_PORT = 5432
APPLICATION_NAME = "signalpost"

_SCHEME = re.compile(r"postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
_HOST = r"(?:\[[^\[\]@/?#,]+\]|[^\[\]@:/?#,\s]*)(?::[^@:/?#,\s]*)?"
_PLACE = re.compile(rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?:/(?P<database>[^/?#@]*))?(?:\?(?P<query>.*))?", re.DOTALL)
_QUERY = re.compile(r"[\w.-]+=[^&]*(?:&[\w.-]+=[^&]*)*&?", re.DOTALL)
_SESSIONS = frozenset({"any", "read-write", "read-only", "primary", "standby", "prefer-standby"})
_YES = frozenset({"true", "1", "yes", "on", "t"})


class DatabaseUrlError(ValueError):
    """DATABASE_URL cannot be read: why and how it must look, in a sentence that quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A DATABASE_URL that was read. A `None` leaves the choice to libpq's variables (PGUSER, ...) and its defaults."""

    hosts: tuple[tuple[str | None, int | None], ...]
    """In the order in which they are tried: name, address or socket folder, and port."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str | None = None
    session: str | None = None
    """`target_session_attrs`: which of the hosts will do."""
    timeout_s: float | None = None
    """For each host."""
    tls: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`sslmode` and its companions, as libpq spells them."""
    server_settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    other: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`passfile`, `service`, `krbsrvname`, `gsslib`: asyncpg's arguments of the same names."""
    shared_sessions: bool | None = None
    """A pooler gives each transaction another session: no statement is kept prepared, and none is told its settings.
    None = the URL does not say: `ledger.connecting` finds out."""
    set_aside: tuple[str, ...] = ()
    """Words of the URL that change nothing here, in its order."""

    @property
    def dsn(self) -> str:
        """What asyncpg takes in no other way: TLS, without host, user and password."""
        return "postgresql://?" + urlencode(self.tls) if self.tls else "postgresql://"


def read_database_url(url: str) -> DatabaseAddress:
    """What the URL says. In a password any character may stand as it is, or percent-encoded.

    Raises:
        DatabaseUrlError: it cannot be read.
    """
    scheme = _SCHEME.match(url.strip())
    if scheme is None:
        raise _unreadable("it does not start with postgresql://")
    rest = url.strip()[scheme.end() :]
    login, place = _split(rest)
    user, colon, password = login.partition(":")
    words = _words(place["query"] or "")
    if words.get("gssencmode") == "require":
        raise _unreadable("gssencmode=require cannot be kept, as connections are encrypted by TLS only: use sslmode")
    server = _server_settings(words)
    return DatabaseAddress(
        hosts=_hosts(place["hosts"] or "", words),
        user=unquote(user) or words.get("user"),
        password=unquote(password) if colon and password else words.get("password"),
        database=unquote(place["database"] or "") or words.get("dbname") or words.get("database"),
        session=_session(words),
        timeout_s=_timeout(words),
        tls=_tls(words),
        server_settings=server,
        other={name: words[name] for name in ("passfile", "service", "krbsrvname", "gsslib") if words.get(name)},
        shared_sessions=_is_shared(words),
        set_aside=tuple(name for name in words if name not in _used(words)),
    )


def _unreadable(why: str) -> DatabaseUrlError:
    return DatabaseUrlError(
        f"DATABASE_URL cannot be read: {why}. "
        "It must look like postgresql://user:password@host:5432/database?sslmode=require"
    )


def _split(rest: str) -> tuple[str, dict[str, str | None]]:
    """User and password, and what stands behind them.

    They end at the last @ before the first /, ? or #, as the rules of URLs say; where what follows then makes no sense,
    at the first @ behind which a host, a database and words do.
    """
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    ends = [index for index, character in enumerate(rest) if character == "@"]
    ordinary = authority.rfind("@")
    for end in (ordinary, *ends):
        place = _PLACE.fullmatch(rest[end + 1 :])
        if place and (not place["query"] or _QUERY.fullmatch(place["query"])) and _are_ports(place["hosts"]):
            return rest[: max(end, 0)], place.groupdict()
    raise _unreadable("what stands behind the password is no host, port and database; write # as %23 in names")


def _are_ports(hosts: str) -> bool:
    ports = [_port_of(host) for host in hosts.split(",")]
    return all(not port or (port.isascii() and port.isdigit() and 0 < int(port) < 65_536) for port in ports)


def _port_of(host: str) -> str:
    return host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""


def _name_of(host: str) -> str:
    if host.startswith("["):
        return unquote(host[1 : host.index("]")])
    return unquote(host.partition(":")[0])


def _words(query: str) -> dict[str, str]:
    """The words behind the ?; of one that is repeated the last counts. A `+` is itself, as libpq has it."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _hosts(hosts: str, words: Mapping[str, str]) -> tuple[tuple[str | None, int | None], ...]:
    found = [(_name_of(host), _port_of(host)) for host in hosts.split(",")]
    if found == [("", "")]:
        names = (words.get("host") or words.get("hostaddr") or "").split(",")
        # here, too, some write the port behind the name, or brackets around an IPv6 address
        found = [_with_port(name) for name in names]
    given = [port for port in words.get("port", "").split(",") if port]
    if not all(port.isascii() and port.isdigit() and 0 < int(port) < 65_536 for port in given):
        raise _unreadable("`port` is no number up to 65535")
    if len(given) not in {0, 1, len(found)}:
        raise _unreadable("`port` names other than one port, or one per host")
    spread = given if len(given) == len(found) else (given or [""]) * len(found)
    return tuple(
        (name or None, int(port or other) if port or other else None)
        for (name, port), other in zip(found, spread, strict=True)
    )


def _with_port(name: str) -> tuple[str, str]:
    if name.startswith("[") and "]" in name:
        return _name_of(name), _port_of(name)
    if name.count(":") == 1 and not name.startswith("/") and name.partition(":")[2].isdigit():
        return name.partition(":")[0], name.partition(":")[2]
    return name, ""


def _session(words: Mapping[str, str]) -> str | None:
    session = words.get("target_session_attrs") or words.get("targetServerType") or None
    session = {"master": "primary", "secondary": "standby", "preferSecondary": "prefer-standby"}.get(
        session or "", session
    )
    if session is not None and session not in _SESSIONS:
        raise _unreadable(f"`target_session_attrs` is none of {', '.join(sorted(_SESSIONS))}")
    return session


def _timeout(words: Mapping[str, str]) -> float | None:
    text = words.get("connect_timeout", "").strip()
    if not text:
        return None
    try:
        seconds = int(text)
    except ValueError:
        raise _unreadable("`connect_timeout` is no whole number of seconds") from None
    return max(float(seconds), 2.0) if seconds > 0 else None  # libpq: never under 2 s; 0 is no limit


def _tls(words: Mapping[str, str]) -> dict[str, str]:
    tls = {name: words[name] for name in TLS_WORDS if words.get(name)}
    try:
        mode = tls_mode(words)
    except ValueError as error:
        raise _unreadable(str(error)) from None
    return {**tls, "sslmode": mode} if mode else tls


def _server_settings(words: Mapping[str, str]) -> dict[str, str]:
    settings = {setting: words[word] for word, setting in SERVER_WORDS.items() if words.get(word)}
    return {"application_name": words.get("fallback_application_name") or APPLICATION_NAME, **settings}


def _is_shared(words: Mapping[str, str]) -> bool | None:
    if any(words.get(word) == off for word, off in CACHE_OFF.items()):
        return True
    said = words.get("pgbouncer", "").lower()
    return said in _YES if said else None


def _used(words: Mapping[str, str]) -> frozenset[str]:
    used = set(WORDS_FOR_OTHERS) | set(TLS_WORDS) | set(SERVER_WORDS) | {"pgbouncer"}
    used |= {word for word, off in CACHE_OFF.items() if words.get(word) == off}
    if words.get("host"):
        used.discard("hostaddr")
    return frozenset(used)
