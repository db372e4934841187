"""Secrets that the environment and `.env` give differently: some programs that read `.env` cut a value at its `#`."""

from collections.abc import Mapping
from typing import Final

from pydantic_settings import DotEnvSettingsSource

from config.settings import AllSettings

SECRETS: Final = ("secret_key", "database_url", "redis_url", "tiktok_app_secret")


def differing_secrets(environment: Mapping[str, str]) -> list[str]:
    """The names, in capitals, of secrets that both have and that differ; the environment's rules."""
    given = {name.lower(): value for name, value in environment.items()}
    written = DotEnvSettingsSource(AllSettings)()
    return [
        name.upper()
        for name in SECRETS
        if given.get(name) and written.get(name) and str(given[name]) != str(written[name])
    ]
