"""The people of API tests: Alice the researcher, Bob and Charlie the annotators, Dora the admin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from rlflow_core.extensions import db
from rlflow_core.plugin_api.app import Viewer
from rlflow_core.services import accounts, refresh_families

PASSWORD = "a long password of the tests"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, and the headers of their sign-in to the API."""

    id: str
    email: str
    role: Any
    headers: dict[str, str]

    @property
    def viewer(self) -> Viewer:
        """The person as services know them."""
        return Viewer(self.id, self.email, self.role)


class ClientOf(FlaskClient):
    """A client that sends the Authorization header of one person with every request."""

    person: Person

    def open(self, *args: Any, headers: Any = None, **kwargs: Any) -> Any:
        return super().open(*args, headers={**self.person.headers, **dict(headers or {})}, **kwargs)


class Cast:
    """The four people; Charlie belongs to nothing, so that he must get nothing."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.alice = self.join("alice@example.org", "researcher")
        self.bob = self.join("bob@example.org", "annotator")
        self.charlie = self.join("charlie@example.org", "annotator")
        self.dora = self.join("dora@example.org", "admin")

    def join(self, email: str, role: str) -> Person:
        """One more person, signed in; their password is PASSWORD."""
        with self.app.app_context():
            new = accounts.credentials(email, PASSWORD)
            account = db.transact(accounts.create_user, new, role)
            pair = db.transact(refresh_families.open_family, account.id)
        return Person(account.id, email, role, {"Authorization": f"Bearer {pair.access_token}"})

    def as_(self, person: Person) -> ClientOf:
        """A client through which `person` calls the API."""
        client = ClientOf(self.app, self.app.response_class, use_cookies=False)
        client.person = person
        return client

    def anonymous(self) -> FlaskClient:
        """A client of somebody who is not signed in."""
        return self.app.test_client()


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    """The four people, on SQLite and on PostgreSQL."""
    yield Cast(app)


@pytest.fixture
def sqlite_cast(sqlite_app: Flask) -> Iterator[Cast]:
    """The four people, on SQLite."""
    yield Cast(sqlite_app)
