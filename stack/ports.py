"""Whether a port can be listened on, and who has it when it cannot."""

import errno
import os
import socket

HIGHEST_PORT = 65_535


def reachable_host(host: str) -> str:
    """The host part of a URL under which this machine reaches a listener on `host`."""
    if host in {"", "0.0.0.0"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def port_problem(setting: str, host: str, port: int) -> str | None:
    """Why nothing can listen there, in a sentence; None where it can."""
    if port > HIGHEST_PORT:
        return f"{setting}: {port} is not a port (the highest is {HIGHEST_PORT})"
    try:
        family, _, _, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            # what listeners do as well: a connection that is still being closed does not count
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
    except OSError as error:
        return _sentence(setting, host, port, error)
    return None


def _sentence(setting: str, host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{setting}: port {port} is in use{_user_of(port)}: stop it, or set another port"
    if error.errno == errno.EACCES:
        return f"{setting}: port {port} may not be listened on by this user: set one above 1023"
    reason = error.strerror or os.strerror(error.errno or 0)
    return f"HOST: {host} port {port} ({setting}) cannot be listened on: {reason}"


def _user_of(port: int) -> str:
    """` by NAME (process N)` where the system tells us; macOS tells nobody but root."""
    import psutil  # noqa: PLC0415 - loads slowly, and a port is free as a rule

    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except (psutil.Error, OSError):
        pass
    return ""
