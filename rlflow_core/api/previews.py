"""Previews: what annotators of a project would see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rlflow_core.api.access import current_user, roles
from rlflow_core.api.asked import asked
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import get_host
from rlflow_core.schemas.previews import ProjectPreviewIn, ProjectPreviewOut
from rlflow_core.services.previews import Preview, PreviewWish, preview

blueprint = Blueprint("previews", __name__, url_prefix="/projects", description="What annotators would see.")


@blueprint.route("/<uuid:project_id>/preview", methods=["POST"])
@roles("researcher")
@blueprint.arguments(ProjectPreviewIn)
@blueprint.response(200, ProjectPreviewOut)
@blueprint.errors(404, 409)
def preview_project(body: dict[str, Any], project_id: UUID) -> dict[str, Any]:
    """Show a task, or one that is not stored, as annotators would see it; nothing is written.

    What is left out comes from the task, and without one from the example of the task type.
    """
    wish = PreviewWish(
        task=str(body["task"]) if body["task"] else None, content=body["content"], outputs=body["outputs"]
    )
    return _described(preview(db.read, get_host(), current_user(), str(project_id), wish))


def _described(shown: Preview) -> dict[str, Any]:
    task = shown.task
    return {
        "project": shown.project_id,
        "task_type": shown.task_type,
        "guidelines": shown.guidelines,
        "task": {
            "id": shown.task_id,
            "version": task.version,
            "content": task.content,
            "messages": task.messages,
        },
        "outputs": shown.outputs,
        "reward_schemas": [
            {**asked(question.schema), "html": question.html, "problem": question.problem}
            for question in shown.questions
        ],
    }
