"""The trained zstd dictionaries that records are written with: data files, one per version, never changed again.

`python -m clicks.train_dictionary` makes one.
"""

import sys
from importlib.resources import files

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["CURRENT_VERSION", "Dictionaries", "dictionary_bytes", "zstd"]

CURRENT_VERSION = 1
LEVEL = 3  # measured: higher ones take 4 to 20 times as long and save under 2 %
MAGIC = b"\x28\xb5\x2f\xfd"  # begins every zstd frame: not stored


def dictionary_bytes(version: int) -> bytes:
    """The data file of a version."""
    return files("clicks").joinpath("dictionaries", f"v{version}.zdict").read_bytes()


class Dictionaries:
    """Compresses with the current dictionary, decompresses with any."""

    def __init__(self) -> None:
        current = zstd.ZstdDict(dictionary_bytes(CURRENT_VERSION))
        parameter = zstd.CompressionParameter
        self._compressor = zstd.ZstdCompressor(
            options={
                parameter.compression_level: LEVEL,
                parameter.content_size_flag: 0,  # the three cost up to 9 bytes a record and say nothing new
                parameter.checksum_flag: 0,
                parameter.dict_id_flag: 0,
            },
            zstd_dict=current.as_digested_dict,
        )
        self._by_version = {CURRENT_VERSION: current}

    def compress(self, text: bytes) -> bytes:
        """One frame without its magic bytes."""
        return self._compressor.compress(text, zstd.ZstdCompressor.FLUSH_FRAME)[len(MAGIC) :]

    def decompress(self, frame: bytes, version: int) -> bytes:
        """The text of a frame that was written with this version's dictionary.

        Raises:
            FileNotFoundError: a later program wrote it.
            zstd.ZstdError: the frame is damaged.
        """
        if version not in self._by_version:
            self._by_version[version] = zstd.ZstdDict(dictionary_bytes(version))
        return zstd.decompress(MAGIC + frame, zstd_dict=self._by_version[version])
