"""Bytes that are not ASCII: in a target browsers percent-encode them, other clients send them as they are."""

import re
from typing import Any
from urllib.parse import quote_from_bytes

import httptools

RUNS = re.compile(rb"[\x00-\x7f]+|[\x80-\xff]+")
_NOT_ASCII = re.compile(rb"[\x80-\xff]+")


def percent_encoded(raw: bytes) -> bytes:
    """The same with every byte that is not ASCII percent-encoded."""
    return _NOT_ASCII.sub(lambda run: quote_from_bytes(run[0]).encode(), raw)


def new_parser(protocol: Any) -> httptools.HttpRequestParser:
    """A parser as uvicorn makes it: the one that met such a byte in a target does not go on."""
    parser = httptools.HttpRequestParser(protocol)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser
