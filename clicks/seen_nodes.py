"""The nodes of a cluster that were last seen, remembered for a start at which those of the URL are gone.

`DATA_DIR/cluster.json`, mode 0600: {"start": [[host, port], ...], "nodes": [[host, port], ...]}, without a password.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from clicks.redis_url import Node

FILE_NAME = "cluster.json"


class SeenNodes:
    """What is remembered for the cluster of these start nodes; that of other start nodes may be another cluster."""

    def __init__(self, data_dir: Path, start: Sequence[Node]) -> None:
        self._path = data_dir / FILE_NAME
        self._start = [list(node) for node in sorted(start)]
        self._written: list[Node] = []

    def read(self) -> list[Node]:
        try:
            content = json.loads(self._path.read_text())
            if content["start"] != self._start:
                return []
            self._written = [(str(host), int(port)) for host, port in content["nodes"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return self._written

    def write(self, nodes: Sequence[Node]) -> None:
        """Replace the file in one step. Where that cannot be done, the next start goes by the URL alone."""
        if not nodes or sorted(nodes) == sorted(self._written) or not self._path.parent.is_dir():
            return
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        with suppress(OSError):
            temporary.touch(mode=0o600)
            temporary.write_text(json.dumps({"start": self._start, "nodes": sorted(nodes)}))
            temporary.replace(self._path)
            self._written = list(nodes)
