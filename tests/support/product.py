"""The product as a process of its own, on each database, and people who talk to it over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from rlflow_processes import RlflowProcess
from waiting import eventually

PASSWORD = "a long password of the tests"
ADMIN = "admin@example.org"


@dataclass
class Person:
    """Somebody who talks to the API with their access token."""

    http: httpx.Client
    email: str

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at `path`."""
        return self._checked(self.http.get(path, params=params))

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """The JSON answer to `body`."""
        return self._checked(self.http.post(path, json=body or {}, **options))

    def _checked(self, answer: httpx.Response) -> Any:
        assert answer.status_code < 400, f"{answer.request.url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


class Product:
    """A running RLFlow."""

    def __init__(self, process: RlflowProcess, folder: Path) -> None:
        self.process = process
        self.folder = folder
        address = process.wait_for_output(r"answers at (http://\S+)")[1]
        self.api = f"{address}/api/v1"
        self.address = address

    def person(self, email: str, role: str = "annotator") -> Person:
        """Somebody who registered through the front door, promoted by the command line where they are more."""
        http = httpx.Client(base_url=self.api, timeout=60)
        if email != ADMIN:
            answer = http.post("/auth/register", json={"email": email, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
        if role != "annotator":
            RlflowProcess(self.folder, "users", "promote", email, "--role", role, **self.settings).wait(60)
        tokens = http.post("/auth/login", json={"email": email, "password": PASSWORD}).json()
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return Person(http, email)

    settings: dict[str, str]


@pytest.fixture
def product(any_database_url: str, tmp_path: Path) -> Iterator[Product]:
    """`rlflow up` on a fresh database, on SQLite and on PostgreSQL."""
    yield from running_product(any_database_url, tmp_path)


def running_product(database_url: str, folder: Path) -> Iterator[Product]:
    """`rlflow up` until the test ends."""
    settings = {
        "database_url": database_url,
        "data_dir": str(folder / "data"),
        "ratelimit_enabled": "0",
        "bcrypt_cost": "4",
    }
    process = RlflowProcess(folder, "up", "--port", "0", **settings)
    try:
        made = Product(process, folder)
        made.settings = settings
        yield made
    finally:
        process.kill_all()


def import_lines(researcher: Person, project: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Upload lines and wait until they are imported."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    answer = researcher.http.post(
        "/tasks/import", data={"project": project}, files={"file": ("pandalm.jsonl", text.encode())}
    )
    assert answer.status_code == 202, answer.text
    import_id = answer.json()["id"]

    def finished() -> dict[str, Any] | None:
        found: dict[str, Any] = researcher.get(f"/imports/{import_id}")
        assert found["state"] not in ("failed", "cancelled"), found
        return found if found["state"] == "done" else None

    return eventually(finished, 120, "the import is done")


def scored(researcher: Person, project: str, votes: int) -> dict[str, Any]:
    """The quality of a project once all votes are scored."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = researcher.get("/metrics/quality", project=project)
        ratings = [score["details"].get("ratings") for score in found["scores"] if score["metric"] == "alpha"]
        return found if votes in ratings and not found["is_scoring"] else None

    return eventually(look, 120, f"the scores of {votes} votes")
