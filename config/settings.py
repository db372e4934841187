"""Every setting, one class per process. Names and defaults are those of the README's settings table.

A value comes from, in this order: the environment, `.env` in the working directory, what a running `signalpost up` in
the same DATA_DIR has published (`config.runfile`), the default. `origins` tells which.
"""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.runfile import published_settings

S = TypeVar("S", bound="Settings")

METRICS_PORT_OFFSET = 1000  # /metrics never stands on a public port: each process serves it here, on HOST


class SettingsError(ValueError):
    """A setting cannot be used; the text names it and says what it must look like."""


class PublishedSource(PydanticBaseSettingsSource):
    """What a running `signalpost up` tells the commands started beside it: engine and sandbox addresses."""

    def __init__(self, settings_cls: type[BaseSettings], data_dir: Path) -> None:
        super().__init__(settings_cls)
        self._data_dir = data_dir

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return published_settings(self._data_dir).get(field_name.upper()), field_name, False

    def __call__(self) -> dict[str, Any]:
        published = published_settings(self._data_dir)
        return {name: published[name.upper()] for name in self.settings_cls.model_fields if name.upper() in published}


class Settings(BaseSettings):
    """What every process needs."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    data_dir: Path = Path("./var")
    redis_url: str = ""  # empty = the embedded Valkey of DATA_DIR
    database_url: str = ""  # empty = the embedded PostgreSQL of DATA_DIR
    report_database_url: str = ""  # a replica that reports may read; empty = DATABASE_URL
    secret_key: str = ""  # comma-separated, first writes; empty = generated in DATA_DIR
    host: str = "127.0.0.1"
    redirector_port: int = Field(default=8000, ge=0, le=65535)
    forwarder_port: int = Field(default=8001, ge=0, le=65535)
    console_port: int = Field(default=8002, ge=0, le=65535)
    sandbox_port: int = Field(default=8003, ge=0, le=65535)
    worker_port: int = Field(default=8004, ge=0, le=65535)
    public_url: str = ""  # empty = http://127.0.0.1:{REDIRECTOR_PORT}
    forwarder_url: str = ""  # empty = http://{HOST}:{FORWARDER_PORT}
    console_url: str = ""  # empty = http://{HOST}:{CONSOLE_PORT}
    tiktok_api_url: str = "https://business-api.tiktok.com"
    click_retention_days: int = Field(default=28, ge=1, le=3650)
    click_hot_hours: int = Field(default=72, ge=1)  # so long clicks lie in Redis before they move to the ledger
    otel_exporter_otlp_endpoint: str = ""  # where spans go; needs the extra `otel`; empty = nowhere
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console", ""] = ""  # empty = console on a terminal, else json

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str) -> str:
        if value and not value.startswith(
            ("redis://", "rediss://", "unix://", "redis+cluster://", "rediss+cluster://")
        ):
            raise ValueError("must start with redis://, rediss://, unix:// or redis+cluster://")
        return value

    @field_validator("database_url", "report_database_url")
    @classmethod
    def _database_scheme(cls, value: str) -> str:
        if value and not re.match(r"\s*postgres(?:ql)?(?:\+\w+)?://", value, re.IGNORECASE):
            raise ValueError("must start with postgresql://")
        return value

    @field_validator("public_url", "forwarder_url", "console_url", "tiktok_api_url", "otel_exporter_otlp_endpoint")
    @classmethod
    def _http_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _hot_within_retention(self) -> Self:
        """The default gives way to a shorter retention; a value that was set does not."""
        kept = self.click_retention_days * 24
        if "click_hot_hours" in self.model_fields_set and self.click_hot_hours > kept:
            raise ValueError(f"CLICK_HOT_HOURS: must be at most {kept}, the hours of CLICK_RETENTION_DAYS")
        return self

    @property
    def public_base(self) -> str:
        """Base of the Signal links, without a slash at the end."""
        return self.public_url or f"http://127.0.0.1:{self.redirector_port}"

    @property
    def forwarder_base(self) -> str:
        """Where apps and webhooks post to, as the console tells it."""
        return self.forwarder_url or f"http://{self.host}:{self.forwarder_port}"

    @property
    def console_base(self) -> str:
        return self.console_url or f"http://{self.host}:{self.console_port}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        early: dict[str, Any] = {**dotenv_settings(), **env_settings(), **init_settings()}
        data_dir = Path(early.get("data_dir") or "./var")
        return init_settings, env_settings, dotenv_settings, PublishedSource(settings_cls, data_dir)


Networks = tuple[IPv4Network | IPv6Network, ...]


class IngressSettings(Settings):
    """What the two public processes need besides: whose word on the client's address is believed."""

    trusted_proxies: Annotated[Networks, NoDecode] = ()

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())


class RedirectorSettings(IngressSettings):
    redirector_workers: int = Field(default=1, ge=1, le=256)
    redis_budget_ms: int = Field(default=50, ge=1, le=10_000)
    redis_wait_replicas: int = Field(default=0, ge=0, le=5)  # so many must have a click before its visitor is answered
    spool_max_mb: int = Field(default=1024, ge=1)


class RatesSettings(Settings):
    """What the processes need besides that send amounts or tell of them."""

    currency_rates_file: Path | None = None  # TOML: what currencies TikTok does not take are worth


class ForwarderSettings(IngressSettings, RatesSettings):
    forwarder_workers: int = Field(default=1, ge=1, le=256)
    datacenter_ranges_file: Path | None = None  # one network per line: installs from there are flagged


ApiVersion = Annotated[str, Field(pattern=r"^(v[0-9]{1,2}(\.[0-9]{1,2})?)?$")]


class TikTokSettings(Settings):
    """What those need besides who ask TikTok."""

    tiktok_app_id: str = ""  # of the app in TikTok's developer portal; both empty = "Connect TikTok" is not offered
    tiktok_app_secret: str = ""
    tiktok_api_version: Annotated[str, Field(pattern=r"^v[0-9]{1,2}(\.[0-9]{1,2})?$")] = "v1.3"
    # Groups of endpoints that TikTok moves to a new version together; empty = TIKTOK_API_VERSION
    tiktok_api_version_oauth: ApiVersion = ""
    tiktok_api_version_report: ApiVersion = ""
    tiktok_api_version_events: ApiVersion = ""
    tiktok_api_version_entities: ApiVersion = ""
    tiktok_api_version_pixel: ApiVersion = ""

    # TikTok's basic level; a sixtieth of it a second. Set what the developer portal says of the app
    tiktok_calls_per_minute: int = Field(default=600, ge=60, le=4320)

    def tiktok_version(self, group: Literal["oauth", "report", "events", "entities", "pixel"]) -> str:
        """The version of TikTok's API that this group of endpoints is asked in."""
        own: str = getattr(self, f"tiktok_api_version_{group}")
        return own or self.tiktok_api_version


class WorkerSettings(TikTokSettings, RatesSettings):
    ledger_retention_days: int = Field(default=180, ge=1, le=36_500)  # beyond it a day of the past has no date
    conversion_window_days: int = Field(default=7, ge=1, le=28)  # so many days back TikTok's conversions are read anew
    alert_webhook_url: str = ""  # empty = alerts are logged and counted only
    alert_webhook_allow_private: bool = False  # whether that URL may lead into a private network

    @field_validator("alert_webhook_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
            raise ValueError("must be an address that starts with https:// or http://")
        return value


class AllSettings(RedirectorSettings, ForwarderSettings, WorkerSettings):
    """Every setting at once: what `up` and `doctor` read."""


def load(settings_class: type[S]) -> S:
    """Read and check the settings of one process.

    Raises:
        SettingsError: one sentence per setting that cannot be used.
    """
    try:
        return settings_class()
    except ValidationError as error:
        problems = [_problem(e["loc"], e["msg"]) for e in error.errors()]
        raise SettingsError("; ".join(problems)) from None


def _problem(place: tuple[str | int, ...], message: str) -> str:
    """One sentence; what is about several settings names them itself."""
    name = ".".join(map(str, place)).upper()
    return f"{name}: {message}" if name else message.removeprefix("Value error, ")


def origins(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Where each setting came from: `environment`, `.env`, `signalpost up` or `default`."""
    dotenv = DotEnvSettingsSource(type(settings))()
    published = published_settings(settings.data_dir)
    present = {name.upper() for name, value in environment.items() if value}

    def origin(name: str) -> str:
        if name.upper() in present:
            return "environment"
        if name in dotenv:
            return ".env"
        return "signalpost up" if name.upper() in published else "default"

    return {name.upper(): origin(name) for name in type(settings).model_fields}
