"""An authority that signs certificates for tests, and a server that shows one of them."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

CONFIGURATION = """
[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = optional
"""


@dataclass(frozen=True)
class Authority:
    """Signs certificates for the tests."""

    folder: Path

    @property
    def certificate(self) -> str:
        return str(self.folder / "ca.pem")

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def key_for(self, name: str, *arguments: str) -> None:
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        self.openssl("req", *curve, "-keyout", f"{name}.key", *arguments)

    def sign(self, name: str, whose: str, since: str, until: str) -> None:
        subject = ("-subj", "/CN=test", "-addext", f"subjectAltName={whose}")
        self.key_for(name, "-out", f"{name}.csr", *subject)
        (self.folder / "index.txt").write_text("")
        (self.folder / "serial").write_text("01")
        (self.folder / "ca.cnf").write_text(CONFIGURATION)
        signed = ("-cert", "ca.pem", "-keyfile", "ca.key", "-in", f"{name}.csr")
        when = ("-startdate", since, "-enddate", until)
        out = ("-out", f"{name}.pem", "-notext")
        self.openssl("ca", "-batch", "-config", "ca.cnf", *signed, *when, *out)


def authority_in(folder: Path) -> Authority:
    """An authority, and the certificates that it has signed: good and bad ones. Needs openssl."""
    made = Authority(folder)
    usage = ("-addext", "keyUsage=critical,keyCertSign")
    its_own = ("-x509", "-days", "30", "-subj")
    made.key_for("ca", *its_own, "/CN=Test authority", *usage, "-out", "ca.pem")
    made.key_for("its own", *its_own, "/CN=127.0.0.1", "-out", "its own.pem")
    long_ago, far_away = "20200101000000Z", "20490101000000Z"
    made.sign("good", "IP:127.0.0.1", long_ago, far_away)
    made.sign("other host", "DNS:other.example.com", long_ago, far_away)
    made.sign("expired", "IP:127.0.0.1", long_ago, "20210101000000Z")
    made.sign("early", "IP:127.0.0.1", "20400101000000Z", far_away)
    return made


@contextmanager
def server(authority: Authority, name: str, *, asks_for_ours: bool = False) -> Iterator[int]:
    """The port of a server that ends the connection after the TLS handshake, as if not ready."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.folder / f"{name}.pem", authority.folder / f"{name}.key")
    if asks_for_ours:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.certificate)

    def answer(plain: socket.socket) -> None:
        with plain:
            try:
                with context.wrap_socket(plain, server_side=True) as encrypted:
                    encrypted.recv(100)
            except OSError:
                pass

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
