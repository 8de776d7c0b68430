"""An annotator's desk over HTTP: a client that reads its forms before it sends them, as a browser does."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from rlflow_core.extensions import db

FRAGMENT = {"HX-Request": "true"}


class Desk:
    """A client that is signed in and reads its forms before it sends them, as a browser does."""

    def __init__(self, app: Flask, cookie: str, path: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.client.set_cookie("rlflow", cookie)
        self.path = path
        self.html = ""

    def get(self, path: str = "", status: int = 200, **headers: str) -> str:
        answer = self.client.get(self.path + path, headers=headers)
        assert answer.status_code == status, answer.text
        self.html = answer.text
        return self.html

    def post(self, path: str, status: int = 303, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        values = {name.replace("__", "."): value for name, value in fields.items()}
        answer = self.client.post(
            self.path + path, data={"csrf_token": self.field("csrf_token"), **values}, headers=headers
        )
        assert answer.status_code == status, answer.text
        if status in (200, 409, 422) and not answer.is_json:
            self.html = answer.text
        return answer

    def start(self) -> str:
        """Take a task and look at it; its assignment."""
        self.get()
        self.post("/next")
        self.get()
        return self.assignment

    def submit(self, status: int = 303, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        key = self.field("idempotency_key")
        body = {"preference__choice": self.choices()[1], "why__text": "", "idempotency_key": key, **fields}
        return self.post(f"/{self.assignment}/submit", status, headers, **body)

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found, self.html
        return found[1]

    def choices(self) -> list[str]:
        return re.findall(r'name="preference.choice" value="([^"]+)"', self.html)

    @property
    def assignment(self) -> str:
        found = re.search(r'data-assignment="([^"]+)"', self.html)
        assert found, self.html
        return found[1]


def change(app: Flask, model: Any, row_id: str, **values: Any) -> None:
    """Write to a row as another service would."""
    with app.app_context():
        db.transact(lambda session: session.execute(update(model).where(model.id == row_id).values(values)))
