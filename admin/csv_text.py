"""CSV for pages and commands: the ledger's writer, so that the same rows are the same bytes everywhere."""

from ledger.csv_text import csv_lines

__all__ = ["csv_lines"]
