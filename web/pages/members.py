"""The members of a project: add people by their addresses, change what they do, take them out."""

from __future__ import annotations

import re
from uuid import UUID

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from rlflow_core.extensions import db
from rlflow_core.security.web_session import web_roles
from rlflow_core.services import members
from rlflow_core.services.errors import Conflict, Invalid
from rlflow_core.services.members import Added
from rlflow_web.formats import plural
from rlflow_web.pages.projects import project_view
from rlflow_web.requests import page, see, viewer

blueprint = Blueprint("members", __name__, url_prefix="/projects/<uuid:project_id>/members")

ROLES = ("annotator", "researcher")
BETWEEN = re.compile(r"[\s,;]+")


@blueprint.get("")
@web_roles("researcher")
def show(project_id: UUID) -> ResponseReturnValue:
    """Everybody in the project, with what each has judged."""
    return _show(str(project_id))


@blueprint.post("")
@web_roles("researcher")
def add(project_id: UUID) -> ResponseReturnValue:
    """Make the accounts with the given addresses members; what cannot be is said in place."""
    key, text = str(project_id), request.form.get("emails", "")
    emails = [part for part in BETWEEN.split(text) if part]
    role = request.form.get("role", "")
    try:
        if role not in ROLES or not emails:
            raise Invalid("Nobody was added.", {"emails": ["Write at least one e-mail address."]})
        added = db.transact(members.add_many, viewer(), key, emails, role)
    except Invalid as error:
        return _show(key, 422, emails=text, problems=tuple(error.errors.get("emails", [error.message])))
    if added.without_account or added.unreadable:
        return _show(
            key, 422 if not added.members else 200, emails="\n".join(added.without_account), added=added
        )
    flash(_said(len(added.members)), "ok")
    return see(f"/projects/{key}/members")


@blueprint.post("/<uuid:user_id>")
@web_roles("researcher")
def change(project_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """Give a member the role, or the lanes, that the form names."""
    role = request.form.get("role")
    text = request.form.get("lanes")
    lanes = None if text is None else [lane.strip() for lane in text.split(",")]
    try:
        changed = db.transact(
            members.change, viewer(), str(project_id), str(user_id), role=role or None, lanes=lanes
        )
    except (Conflict, Invalid) as error:
        return _show(str(project_id), 409, problems=_sentences(error))
    flash(f"{changed.email} is {changed.role} now.", "ok")
    return see(f"/projects/{project_id}/members")


@blueprint.post("/<uuid:user_id>/remove")
@web_roles("researcher")
def remove(project_id: UUID, user_id: UUID) -> ResponseReturnValue:
    """Take somebody out; what they hold goes to others, what they judged stays."""
    try:
        db.transact(members.remove, viewer(), str(project_id), str(user_id))
    except Conflict as error:
        return _show(str(project_id), 409, problems=_sentences(error))
    flash("Taken out. What they held goes to others, what they judged stays.", "ok")
    return see(
        "/" if str(user_id) == viewer().id and viewer().role != "admin" else f"/projects/{project_id}/members"
    )


def _show(
    project_id: str,
    status: int = 200,
    *,
    emails: str = "",
    problems: tuple[str, ...] = (),
    added: Added | None = None,
) -> ResponseReturnValue:
    project = project_view(project_id)
    return page(
        "members/members.html",
        status,
        project=project,
        members=members.members(db.read, project.id),
        emails=emails,
        problems_found=problems,
        added=added,
        said=_said(len(added.members)) if added and added.members else "",
    )


def _said(count: int) -> str:
    return f"{plural(count, 'member')} added." if count else "All of them were members already."


def _sentences(error: Conflict | Invalid) -> tuple[str, ...]:
    found = [text for texts in error.errors.values() for text in texts]
    return tuple(found) or (error.message,)
