"""What a DATABASE_URL says, in the spellings hosters, poolers and other clients use."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.database_url import DatabaseUrlError, read_database_url

ALMOST_ANY = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=("Cs",)), min_size=1)
RAW = st.text("aZ09/#?@:!$&=+,;*()[]-._~", min_size=1, max_size=12)


@pytest.mark.parametrize(
    "password", ["a/b", "a#b", "a?b", "a@b", "a:b", "50%", "%zz", "12/x", "/#?@:", "p@ss/w", "a&b=c", " a b"]
)
@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "POSTGRES"])
def test_a_password_may_stand_as_it_is(scheme: str, password: str) -> None:
    read = read_database_url(f"{scheme}://me:{password}@db.example.com:6543/ledger?sslmode=require")
    assert (read.user, read.password, read.database) == ("me", password, "ledger")
    assert read.hosts == (("db.example.com", 6543),)
    assert read.tls == {"sslmode": "require"}


@given(ALMOST_ANY, ALMOST_ANY, ALMOST_ANY)
def test_what_is_percent_encoded_is_read_as_it_was(user: str, password: str, database: str) -> None:
    url = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@h/{quote(database, safe='')}"
    read = read_database_url(url)
    assert (read.user, read.password, read.database) == (user, password, database)


@given(RAW)
@example("@?0=")  # what follows reads as words of the URL: nothing is refused
def test_no_part_of_a_password_stands_in_a_refusal_or_a_representation(password: str) -> None:
    secret = f"Geheim{password}Geheim"
    assert "Geheim" not in repr(read_database_url(f"postgresql://me:{quote(secret, safe='')}@h/d"))
    try:
        told = repr(read_database_url(f"postgresql://me:{secret}@h:70000/d"))
    except DatabaseUrlError as refused:
        told = str(refused)
    assert "Geheim" not in told


@pytest.mark.parametrize(
    ("place", "hosts"),
    [
        ("h", (("h", None),)),
        ("[2001:db8::1]:5433", (("2001:db8::1", 5433),)),
        ("[::1]", (("::1", None),)),
        ("h1:5432,h2:5433", (("h1", 5432), ("h2", 5433))),
        ("[::1]:1,h2", (("::1", 1), ("h2", None))),
        ("h1,h2/d?port=5433", (("h1", 5433), ("h2", 5433))),
        ("/d?host=/var/run/postgresql", (("/var/run/postgresql", None),)),
        ("/d?host=h1,h2&port=1,2", (("h1", 1), ("h2", 2))),
        ("/d?host=h1:1,h2:2", (("h1", 1), ("h2", 2))),
        ("%2Frun%2Fpg/d", (("/run/pg", None),)),
        ("/d?hostaddr=192.0.2.1", (("192.0.2.1", None),)),
        ("", ((None, None),)),
    ],
)
def test_hosts(place: str, hosts: Any) -> None:
    assert read_database_url(f"postgresql://{place}").hosts == hosts
    assert read_database_url(f"postgresql://me:p@{place}").hosts == hosts


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("target_session_attrs=read-write", "session", "read-write"),
        ("target_session_attrs=primary", "session", "primary"),
        ("targetServerType=master", "session", "primary"),
        ("connect_timeout=10", "timeout_s", 10.0),
        ("connect_timeout=1", "timeout_s", 2.0),
        ("connect_timeout=0", "timeout_s", None),
        ("pgbouncer=true", "shared_sessions", True),
        ("pgbouncer=false", "shared_sessions", False),
        ("", "shared_sessions", None),
        ("pgbouncer=", "shared_sessions", None),
        ("pgbouncer=false&prepareThreshold=0", "shared_sessions", True),
        ("prepareThreshold=0", "shared_sessions", True),
        ("statement_cache_size=0", "shared_sessions", True),
        ("ssl=true", "tls", {"sslmode": "require"}),
        ("ssl=false", "tls", {"sslmode": "disable"}),
        ("sslmode=no-verify", "tls", {"sslmode": "require"}),
        ("sslmode=verify-full&sslrootcert=/ca.pem", "tls", {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}),
        ("sslrootcert=system", "tls", {"sslmode": "verify-full", "sslrootcert": "system"}),
        ("user=me&password=a%26b", "password", "a&b"),
        ("dbname=d", "database", "d"),
        ("passfile=/p", "other", {"passfile": "/p"}),
        ("sslmode=require&channel_binding=require", "set_aside", ("channel_binding",)),
        ("gssencmode=prefer&keepalives_idle=30&nonsense=1", "set_aside", ("gssencmode", "keepalives_idle", "nonsense")),
        ("connection_limit=5&pool_timeout=2&pgbouncer=true", "set_aside", ("connection_limit", "pool_timeout")),
        ("host=h&hostaddr=192.0.2.1", "set_aside", ("hostaddr",)),
        ("connect_timeout=5&", "timeout_s", 5.0),
    ],
)
def test_words(query: str, field: str, value: Any) -> None:
    assert getattr(read_database_url(f"postgresql:///?{query}"), field) == value


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        ("", {"application_name": "signalpost"}),
        ("application_name=mine", {"application_name": "mine"}),
        ("fallback_application_name=mine", {"application_name": "mine"}),
        ("options=-c%20search_path%3Dx", {"application_name": "signalpost", "options": "-c search_path=x"}),
        ("options=endpoint%3Dep-1", {"application_name": "signalpost", "options": "endpoint=ep-1"}),
        ("schema=tea", {"application_name": "signalpost", "search_path": "tea"}),
        ("statement_timeout=5000", {"application_name": "signalpost", "statement_timeout": "5000"}),
    ],
)
def test_words_that_are_the_servers(query: str, settings: dict[str, str]) -> None:
    assert read_database_url(f"postgresql://h/d?{query}").server_settings == settings


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://me:Geheim@h/d", "does not start with postgresql://"),
        ("postgresql://me:Geheim@h:port/d", "no host, port and database"),
        ("postgresql://me:Geheim@h:70000/d", "no host, port and database"),
        ("postgresql://me:Geheim@h/d#x", "no host, port and database"),
        ("postgresql://me:Geheim@h/d?sslmode=yes-please", "`sslmode`"),
        ("postgresql://me:Geheim@h/d?sslrootcert=system&sslmode=require", "`sslrootcert=system`"),
        ("postgresql://me:Geheim@h/d?connect_timeout=soon", "`connect_timeout`"),
        ("postgresql://me:Geheim@h/d?target_session_attrs=best", "`target_session_attrs`"),
        ("postgresql://me:Geheim@/d?host=a,b&port=1,2,3", "`port`"),
        ("postgresql://me:Geheim@/d?host=a&port=x", "`port`"),
        ("postgresql://me:Geheim@h/d?gssencmode=require", "gssencmode"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_without_the_password(url: str, words: str) -> None:
    with pytest.raises(DatabaseUrlError, match=words) as refused:
        read_database_url(url)
    assert "Geheim" not in str(refused.value)
    assert str(refused.value).startswith("DATABASE_URL cannot be read: ")
