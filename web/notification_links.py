"""Where a notification leads, and the icon that it has."""

from __future__ import annotations

from rlflow_core.services.notifications import NotificationView

ICONS = {
    "job_done": "circle-check",
    "job_failed": "circle-x",
    "returned": "undo-2",
    "assigned": "user",
    "project_finished": "flag",
}
COLOURS = {"job_done": "text-success", "job_failed": "text-error", "returned": "text-warning"}


def href(line: NotificationView) -> str:
    """The page that the line is about: of the one thing it tells of, or of all of them."""
    project = f"/projects/{line.project_id}"
    match line.kind:
        case "returned":
            return "/my-work#returned"
        case "assigned":
            return f"/work/{line.project_id}" if line.count > 1 else _assignment(line)
        case "project_finished":
            return f"{project}/exports"
        case _:
            return _of_job(line, project)


def _assignment(line: NotificationView) -> str:
    return f"/work/{line.project_id}/{line.details.get('assignment', '')}"


def _of_job(line: NotificationView, project: str) -> str:
    places = {
        "import": f"/imports/{line.details.get('subject')}" if line.count == 1 else f"{project}/import",
        "export": f"{project}/exports",
        "score": f"{project}/results",
    }
    return places.get(str(line.details.get("job_kind")), project)
