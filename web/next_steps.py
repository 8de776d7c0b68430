"""What a researcher has to look at next: what a project needs, what failed, what waits for others."""

from __future__ import annotations

from dataclasses import dataclass

from rlflow_core.services.attention import Failure, Returned
from rlflow_core.services.overviews import ProjectSummary
from rlflow_web.formats import plural
from rlflow_web.jobs_text import job_title

FAILED_AT = {
    "import": "/imports/{subject}",
    "export": "/projects/{project}/exports",
    "score": "/projects/{project}/results",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: why, in which project, and the link that leads there; `bad` is what failed."""

    project: str
    reason: str
    action: str
    href: str
    icon: str
    bad: bool = False


def next_step(project: ProjectSummary) -> Step | None:
    """The next thing to do in a project, or None while it runs by itself."""
    start = f"/projects/{project.id}"
    if not project.items:
        return Step(project.name, "It has nothing to judge yet", "Import tasks", f"{start}/import", "upload")
    if project.is_complete:
        return Step(project.name, "Everything is judged", "Export", f"{start}/exports", "package")
    if project.status != "open":
        return Step(project.name, f"It is {project.status}, so it hands out no work", "Look", start, "pause")
    if not project.annotators and not project.is_open_to_all:
        text = "Nobody can judge in it yet"
        return Step(project.name, text, "Add annotators", f"{start}/members", "user-plus")
    if project.parked:
        text = f"{plural(project.parked, 'item')} skipped too often"
        return Step(project.name, text, "Look", start, "skip-forward")
    return None


def step_after(failure: Failure) -> Step:
    """What to do about a job that failed."""
    reason = (
        f"{job_title(failure.kind)} failed: {failure.error}" if failure.error else job_title(failure.kind)
    )
    address = FAILED_AT.get(failure.kind, "/projects/{project}")
    href = address.format(subject=failure.subject, project=failure.project_id)
    return Step(failure.project_name, reason, "Look", href, "circle-x", bad=True)


def step_for(returned: Returned) -> Step:
    """What waits for annotators to redo it."""
    reason = f"{plural(returned.count, 'returned judgement')} not redone yet"
    href = f"/projects/{returned.project_id}/judgements?state=returned"
    return Step(returned.project_name, reason, "Look", href, "undo-2")
