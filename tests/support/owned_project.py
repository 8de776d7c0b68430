"""A project that belongs to one of the people, with tasks and annotators where a test wants them."""

from __future__ import annotations

from typing import Any

from factories import make_member, make_project, make_task
from flask import Flask
from people import Person
from sqlalchemy.orm import Session

from rlflow_core.extensions import db
from rlflow_core.models import User


def owned_project(
    app: Flask,
    owner: Person,
    annotators: tuple[Person, ...] = (),
    *,
    prompts: tuple[str, ...] = (),
    **settings: Any,
) -> str:
    """The id of a new project of `owner`, with a task of two outputs per prompt."""

    def make(session: Session) -> str:
        user = session.get_one(User, owner.id)
        project = make_project(session, user, **settings)
        make_member(session, project, user, role="researcher")
        for annotator in annotators:
            make_member(session, project, session.get_one(User, annotator.id))
        for prompt in prompts:
            make_task(session, project, prompt=prompt)
        return project.id

    with app.app_context():
        return db.transact(make)
