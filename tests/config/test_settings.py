"""Settings: where each comes from, and what is said of one that cannot be used."""

import os
from pathlib import Path

import pytest

from config.runfile import write_runfile
from config.settings import (
    AllSettings,
    IngressSettings,
    RedirectorSettings,
    Settings,
    SettingsError,
    WorkerSettings,
    load,
    origins,
)


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine's, no .env of the checkout's."""
    monkeypatch.chdir(tmp_path)
    for name in AllSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))


def publish(data_dir: Path, **settings: str) -> None:
    write_runfile(data_dir, {"pid": os.getpid(), "settings": settings})


def test_the_environment_goes_before_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://environment")
    (tmp_path / ".env").write_text("REDIS_URL=redis://dotenv\n")
    publish(tmp_path, REDIS_URL="redis://up")
    assert load(Settings).redis_url == "redis://environment"


def test_the_env_file_goes_before_what_a_running_up_publishes(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("REDIS_URL=redis://dotenv\n")
    publish(tmp_path, REDIS_URL="redis://up")
    assert load(Settings).redis_url == "redis://dotenv"


def test_what_a_running_up_publishes_goes_before_the_default(tmp_path: Path) -> None:
    publish(tmp_path, REDIS_URL="redis://up", SANDBOX_PORT="9")
    assert (load(Settings).redis_url, load(Settings).sandbox_port) == ("redis://up", 9)


def test_the_env_file_may_name_the_data_dir_an_up_runs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_DIR")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    publish(elsewhere, DATABASE_URL="postgresql://up/signalpost")
    (tmp_path / ".env").write_text("DATA_DIR=elsewhere\n")
    assert load(Settings).database_url == "postgresql://up/signalpost"


def test_an_empty_value_counts_as_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, REDIS_URL="redis://up")
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("REDIRECTOR_PORT", "")
    assert (load(Settings).redis_url, load(Settings).redirector_port) == ("redis://up", 8000)


def test_each_setting_says_where_it_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    (tmp_path / ".env").write_text("LOG_LEVEL=debug\n")
    publish(tmp_path, REDIS_URL="redis://up")
    found = origins(load(Settings), os.environ)
    assert {name: found[name] for name in ("HOST", "LOG_LEVEL", "REDIS_URL", "DATABASE_URL")} == {
        "HOST": "environment",
        "LOG_LEVEL": ".env",
        "REDIS_URL": "signalpost up",
        "DATABASE_URL": "default",
    }


@pytest.mark.parametrize(
    ("settings_class", "name", "value", "sentence"),
    [
        (Settings, "REDIS_URL", "localhost:6379", "redis://"),
        (Settings, "DATABASE_URL", "mysql://localhost", "postgresql://"),
        (Settings, "PUBLIC_URL", "go.example.com", "http://"),
        (Settings, "REDIRECTOR_PORT", "eighty", "integer"),
        (Settings, "REDIRECTOR_PORT", "65536", "65535"),
        (Settings, "WORKER_PORT", "-1", "greater than or equal to 0"),
        (Settings, "LOG_LEVEL", "loud", "'debug', 'info'"),
        (Settings, "CLICK_RETENTION_DAYS", "0", "greater than or equal to 1"),
        (IngressSettings, "TRUSTED_PROXIES", "10.0.0.0/8,proxy", "proxy"),
        (RedirectorSettings, "REDIS_BUDGET_MS", "0", "greater than or equal to 1"),
        (WorkerSettings, "LEDGER_RETENTION_DAYS", "x", "integer"),
        (WorkerSettings, "CLICK_HOT_HOURS", "673", "at most 672, the hours of CLICK_RETENTION_DAYS"),
        (WorkerSettings, "LEDGER_RETENTION_DAYS", "999999", "less than or equal to 36500"),
        (WorkerSettings, "TIKTOK_API_VERSION", "1.3", "pattern"),
        (WorkerSettings, "TIKTOK_API_VERSION_PIXEL", "v1.3/../..", "pattern"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    settings_class: type[Settings], name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        load(settings_class)
    assert name in str(raised.value)
    assert sentence in str(raised.value)


def test_clicks_that_are_kept_for_a_day_are_hot_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICK_RETENTION_DAYS", "1")
    assert load(Settings).click_retention_days == 1


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PUBLIC_URL", "https://go.example.com/", "https://go.example.com"),
        ("REDIRECTOR_PORT", "9000", "http://127.0.0.1:9000"),
    ],
)
def test_the_base_of_signal_links(name: str, value: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert load(Settings).public_base == expected


def test_trusted_proxies_are_networks_and_single_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "10.1.2.3/8, 192.0.2.1 ,2001:db8::/32,")
    assert [str(network) for network in load(IngressSettings).trusted_proxies] == [
        "10.0.0.0/8",
        "192.0.2.1/32",
        "2001:db8::/32",
    ]


def test_a_group_of_endpoints_has_its_own_version_or_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOK_API_VERSION", "v2.0")
    monkeypatch.setenv("TIKTOK_API_VERSION_ENTITIES", "v1.3")
    settings = load(WorkerSettings)
    assert (settings.tiktok_version("report"), settings.tiktok_version("entities")) == ("v2.0", "v1.3")


def test_the_example_names_every_setting_with_its_default() -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    lines = dict(line.split("=", 1) for line in example.splitlines() if line and not line.startswith("#"))
    fields = AllSettings.model_fields
    assert set(lines) == {name.upper() for name in fields}
    shown = {name: str(field.default) for name, field in fields.items() if field.default}
    assert {name: lines[name.upper()].removeprefix("./") for name in shown} == shown
