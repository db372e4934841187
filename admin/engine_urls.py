"""What the URLs of the engines say, before anything is opened."""

from ledger.database_url import read_database_url

NO_DATABASE = "no PostgreSQL: set DATABASE_URL or start `signalpost up`"
NO_REDIS = "no Redis: set REDIS_URL or start `signalpost up`"


def unused_words(database_url: str) -> tuple[str, ...]:
    """The words of a DATABASE_URL that change nothing here.

    Raises:
        DatabaseUrlError: it cannot be read.
    """
    return tuple(read_database_url(database_url).set_aside)
