"""Attacks on the redirector go to a real one."""

from tests.redirector.conftest import redirector, served

__all__ = ["redirector", "served"]
