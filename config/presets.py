"""Mappings to start from: `presets/*.toml`, one per kind of business."""

import tomllib
from importlib.resources import files

import msgspec

DEFAULT_PRESET = "app"  # what an app has before anything is set


class Preset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the folder."""

    name: str
    """As `signalpost mapping preset` takes it: the file's name without `.toml`."""
    title: str
    description: str
    mapping: dict[str, str]
    """The app's event -> TikTok's event ('' = not sent); the default holds for what is not named."""


def all_presets() -> list[Preset]:
    """The default first, the others by name."""
    found = [
        msgspec.convert({"name": entry.name.removesuffix(".toml"), **tomllib.loads(entry.read_text())}, Preset)
        for entry in files("config").joinpath("presets").iterdir()
        if entry.name.endswith(".toml")
    ]
    return sorted(found, key=lambda preset: (preset.name != DEFAULT_PRESET, preset.name))
