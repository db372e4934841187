"""The trained zstd dictionaries that records are written with: data files, one per version, never changed again.

`python -m clicks.train_dictionary` makes one.
"""

import sys
from importlib.resources import files

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["DICTIONARIES", "Dictionaries", "dictionary_bytes", "zstd"]

DICTIONARIES = {1: 1, 2: 1}  # record version -> version of the dictionary its frames are written with
LEVEL = (
    12  # 5 us for a text, which is then remembered: 4 us more than level 3 and a tenth shorter; higher gains nothing
)
MAGIC = b"\x28\xb5\x2f\xfd"  # begins every zstd frame: not stored


def dictionary_bytes(version: int) -> bytes:
    """The data file of a version."""
    return files("clicks").joinpath("dictionaries", f"v{version}.zdict").read_bytes()


class Dictionaries:
    """Compresses with the newest dictionary, decompresses with any."""

    def __init__(self) -> None:
        versions = set(DICTIONARIES.values())
        self._dictionaries = {version: zstd.ZstdDict(dictionary_bytes(version)) for version in versions}
        parameter = zstd.CompressionParameter
        self._compressor = zstd.ZstdCompressor(
            options={
                parameter.compression_level: LEVEL,
                parameter.content_size_flag: 0,  # the three cost up to 9 bytes a frame and say nothing new
                parameter.checksum_flag: 0,
                parameter.dict_id_flag: 0,
            },
            zstd_dict=self._dictionaries[max(versions)].as_digested_dict,
        )

    def compress(self, text: bytes) -> bytes:
        """One frame without its magic bytes."""
        return self._compressor.compress(text, zstd.ZstdCompressor.FLUSH_FRAME)[len(MAGIC) :]

    def decompress(self, frame: bytes, record_version: int) -> bytes:
        """The text of a frame of a record of this version.

        Raises:
            KeyError: a later program wrote it.
            zstd.ZstdError: the frame is damaged.
        """
        return zstd.decompress(MAGIC + frame, zstd_dict=self._dictionaries[DICTIONARIES[record_version]])
