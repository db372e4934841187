"""nginx with our configuration before a whole running Signalpost, and clients that take it for the real thing."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loadtests.contestants import nginx_path
from loadtests.ports import free_ports
from tests.cli.running_up import PATIENCE_S, RunningUp, signalpost
from tests.deploy.files import DEPLOY, PORTS
from tests.journeys.traveller import until

CONFIG = DEPLOY / "nginx" / "signalpost.conf"
GO, IN, CONSOLE = "go.example.com", "in.example.com", "console.example.com"
ALLOWED = "127.0.0.1"
SECOND = {"forwarder": "PORT_OF_THE_SECOND_FORWARDER", "console": "PORT_OF_THE_SECOND_CONSOLE"}
"""Process -> the variable with the port of its second."""


@dataclass
class Front:
    """nginx before a running Signalpost."""

    up: RunningUp
    directory: Path
    http: int
    https: int
    process: subprocess.Popen[bytes]

    @property
    def demo(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((Path(self.up.env["DATA_DIR"]) / "demo.json").read_text())
        return found

    def client(self, host: str, address: str = ALLOWED) -> httpx.Client:
        """A client at this address that takes nginx for that host."""
        transport = httpx.HTTPTransport(verify=False, local_address=address)

        def name_it(request: httpx.Request) -> None:
            request.headers["host"] = host
            request.extensions["sni_hostname"] = host

        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.https}",
            transport=transport,
            timeout=PATIENCE_S,
            event_hooks={"request": [name_it]},
        )

    def command(self, *arguments: str) -> Any:
        done = signalpost(self.up.env, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def key(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.demo['api_key']}"}

    def log(self) -> str:
        return (self.directory / "log" / "signalpost.log").read_text()


def write_certificate(directory: Path) -> None:
    """Self-signed, for the three names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, GO)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1)).not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in (GO, IN, CONSOLE)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    encoding = serialization.Encoding.PEM
    (directory / "fullchain.pem").write_bytes(certificate.public_bytes(encoding))
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "privkey.pem").write_bytes(secret)


def configuration(directory: Path, http: int, https: int, env: dict[str, str]) -> str:
    """Our file with this machine's ports and folders for a server's, and what stands around it in nginx.conf."""
    text = CONFIG.read_text()
    text = re.sub(r"\n    listen \[::\]:.*", "", text)
    text = re.sub(r"listen 80\b", f"listen 127.0.0.1:{http}", text)
    text = re.sub(r"listen 443\b", f"listen 127.0.0.1:{https}", text)
    text = re.sub(r"/etc/letsencrypt/live/[\w.]+", str(directory), text)
    text = text.replace("/var/log/nginx", str(directory / "log")).replace("/var/www/acme", str(directory / "acme"))
    for process in ("redirector", "forwarder", "console"):
        text = text.replace(
            f"server 127.0.0.1:{PORTS[process]};", f"server 127.0.0.1:{env[f'{process.upper()}_PORT']};"
        )
    for process, port in SECOND.items():
        text = text.replace(f"# server 127.0.0.1:{PORTS[process] + 10};", f"server 127.0.0.1:{env[port]};")
    folders = "".join(
        f"{name}_temp_path {directory}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""
daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/start.log;
{"user root;" if psutil.Process().uids().effective == 0 else ""}
events {{ worker_connections 512; }}
http {{ {folders}
{text}
}}
"""


@contextmanager
def running_nginx(up: RunningUp, directory: Path) -> Iterator[Front]:
    program = nginx_path()
    assert program is not None
    http, https = free_ports(2)
    for folder in ("log", "acme/.well-known/acme-challenge"):
        (directory / folder).mkdir(parents=True)
    write_certificate(directory)
    (directory / "nginx.conf").write_text(configuration(directory, http, https, up.env))
    process = subprocess.Popen([program, "-p", str(directory), "-c", str(directory / "nginx.conf")])
    front = Front(up, directory, http, https, process)
    try:
        until(lambda: process.poll() is not None or _answers(front))
        assert process.poll() is None, (directory / "start.log").read_text()
        yield front
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(front: Front) -> bool:
    try:
        with front.client(GO) as client:
            return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False
