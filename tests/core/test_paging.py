from __future__ import annotations

import base64
import json

import pytest
from flask import Flask
from people import Cast
from sqlalchemy import select

from rlflow_core.api import paging
from rlflow_core.extensions import db
from rlflow_core.models import User
from rlflow_core.services.errors import Invalid


def pages(app: Flask, limit: int) -> list[list[str]]:
    found, cursor = [], None
    with app.app_context():
        while True:
            query = select(User).order_by(User.role, User.id).limit(limit + 1)
            if cursor:
                query = query.where(paging.after([User.role, User.id], paging.decode(cursor, str, str)))
            page = paging.page_of(db.read.scalars(query).all(), limit, lambda user: (user.role, user.id))
            found.append([user.email for user in page.items])
            if page.next is None:
                return found
            cursor = page.next


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_pages_hold_every_row_once_in_order(cast: Cast, limit: int) -> None:
    found = pages(cast.app, limit)
    assert all(len(page) <= limit for page in found)
    assert all(found)
    everything = [email for page in found for email in page]
    assert everything == ["dora@example.org", "bob@example.org", "charlie@example.org", "alice@example.org"]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "AAAA",
        "a" * 500,
        base64.urlsafe_b64encode(b"[" * 300).decode(),
        paging.encode(("one",)),
        paging.encode((1, 2)),
        base64.urlsafe_b64encode(json.dumps({"a": 1}).encode()).decode(),
    ],
)
def test_a_cursor_of_somebody_else_is_422(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        paging.decode(cursor, str, str)
    assert "cursor" in refused.value.errors["query"]


@pytest.mark.parametrize("limit", [0, -1, 201, "many"])
def test_the_limit_is_between_one_and_two_hundred(limit: object) -> None:
    assert "limit" in paging.PageArguments().validate({"limit": limit})
    assert paging.PageArguments().validate({"limit": 200}) == {}
