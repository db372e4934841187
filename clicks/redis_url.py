"""Reading REDIS_URL: one server, a socket or the start nodes of a cluster.

redis-py cuts a password at a raw `/`, `?` or `#`, takes what it cannot read of a path for database 0, and knows no list
of hosts. It is given a URL in which everything odd is percent-encoded.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

DEFAULT_PORT = 6379
CLUSTER_SCHEMES = {"redis+cluster": "redis", "rediss+cluster": "rediss"}

_HOST = r"(?:\[[^\[\]@/?#,]+\]|[^\[\]@:/?#,\s]*)(?::\d{1,5})?"
_PLACE = re.compile(rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?:/(?P<db>\d{{0,5}})/?)?(?:\?(?P<query>[^#]*))?")
_LOOKS = "It must look like redis://user:password@host:6379/0 or redis+cluster://host:6379,host:6379"

Node = tuple[str, int]


class RedisUrlError(ValueError):
    """REDIS_URL cannot be read: why and how it must look, in a sentence that quotes nothing secret of it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"REDIS_URL cannot be read: {why}. {_LOOKS}")


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """A REDIS_URL that was read."""

    nodes: tuple[Node, ...]
    """Hosts and ports: of a cluster any number, else one; none for a socket."""
    is_cluster: bool
    url: str = field(repr=False)
    """For redis-py, naming the first node; holds the password."""


def read_redis_url(url: str) -> RedisAddress:
    """What the URL says. In a password any character may stand as it is, or percent-encoded.

    Raises:
        RedisUrlError: it cannot be read.
    """
    scheme, _, rest = url.strip().partition("://")
    scheme = scheme.lower()
    if scheme == "unix":
        return RedisAddress((), False, url.strip())
    if scheme not in {"redis", "rediss", *CLUSTER_SCHEMES}:
        raise RedisUrlError("it starts with none of redis://, rediss://, unix:// and redis+cluster://")
    login, place = _split(rest)
    is_cluster = scheme in CLUSTER_SCHEMES
    nodes = tuple(_node(host) for host in place["hosts"].split(",") if host or not is_cluster)
    if not nodes or (len(nodes) > 1 and not is_cluster):
        raise RedisUrlError("several hosts need redis+cluster://" if nodes else "it names no host")
    if any(not 0 < port < 65_536 for _, port in nodes):
        raise RedisUrlError("a port is no number up to 65535")
    if is_cluster and int(place["db"] or 0):
        raise RedisUrlError("a cluster has database 0 only")
    base = f"{CLUSTER_SCHEMES.get(scheme, scheme)}://{_encoded(login)}{_shown(nodes[0])}"
    path = "" if is_cluster or not place["db"] else f"/{place['db']}"
    return RedisAddress(nodes, is_cluster, base + path + (f"?{place['query']}" if place["query"] else ""))


def _split(rest: str) -> tuple[str, dict[str, str]]:
    """User and password, and what stands behind them.

    They end at the last @ before the first /, ? or #, as the rules of URLs say; where what follows then makes no sense,
    at the first @ behind which a host, a database and options do.
    """
    ordinary = re.split(r"[/?#]", rest, maxsplit=1)[0].rfind("@")
    for end in (ordinary, *(index for index, character in enumerate(rest) if character == "@")):
        place = _PLACE.fullmatch(rest[end + 1 :])
        if place:
            return rest[: max(end, 0)], {name: value or "" for name, value in place.groupdict().items()}
    raise RedisUrlError("what stands behind the password is no host, port and number of a database")


def _node(host: str) -> Node:
    name, _, port = host.rpartition(":") if re.search(r":\d+$", host) and not host.endswith("]") else (host, "", "")
    return unquote(name.strip("[]")) or "localhost", int(port or DEFAULT_PORT)


def _encoded(login: str) -> str:
    user, colon, password = login.partition(":")
    parts = (quote(unquote(user), safe=""), colon, quote(unquote(password), safe=""))
    return "".join(parts) + "@" if login else ""


def _shown(node: Node) -> str:
    host, port = node
    return f"[{host}]:{port}" if ":" in host else f"{quote(host, safe='')}:{port}"
