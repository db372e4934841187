"""Tests of what has to be the same however the ledger lies."""

from typing import Final

import pytest

from ledger.partitions import LAYOUTS

ON_BOTH: Final = pytest.mark.parametrize("layout", LAYOUTS, indirect=True)
"""For a module whose tests use `database_url`: on a plain ledger, and on one of partitions of a few events each."""
