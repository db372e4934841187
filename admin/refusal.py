"""An act that cannot be done says why in one sentence: the field, the reason and the way out."""

from collections.abc import Iterator
from contextlib import contextmanager

from clicks.redis_url import RedisUrlError
from config.secrets import SecretError
from config.settings import SettingsError
from ledger.database_url import DatabaseUrlError
from ledger.setting_values import SettingError
from tiktok.currency_rates import RatesError


class Refused(Exception):
    """Why not, and the way out, in a sentence that begins with the field and a colon where one is to blame."""

    @property
    def field(self) -> str:
        """The field that is to blame; empty where none is."""
        name, colon, _ = str(self).partition(":")
        return name if colon and " " not in name else ""


class Misused(Refused):
    """What was asked for cannot be told: a wrong use of the command rather than an act that fails."""


@contextmanager
def refused_settings() -> Iterator[None]:
    """Turn a setting that cannot be taken into the refusal of the act."""
    try:
        yield
    except SettingError as error:
        raise Refused(str(error)) from None


REFUSALS = (Refused, SettingsError, SecretError, DatabaseUrlError, RedisUrlError, RatesError)
"""Everything that says in a sentence why not: an act's own refusal, and what the installation lacks."""
