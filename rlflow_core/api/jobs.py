"""Jobs: see how far slow work is, and cancel it."""

from __future__ import annotations

from uuid import UUID

from rlflow_core.api.access import SIGNED_IN, current_user, roles
from rlflow_core.api.blueprint import Blueprint
from rlflow_core.extensions import db
from rlflow_core.schemas.jobs import JobOut
from rlflow_core.services import jobs

blueprint = Blueprint(
    "jobs", __name__, url_prefix="/jobs", description="Slow work: progress, result, cancel."
)


@blueprint.route("/<uuid:job_id>", methods=["GET"])
@roles(*SIGNED_IN)
@blueprint.response(200, JobOut)
@blueprint.errors(404)
def get_job(job_id: UUID) -> jobs.JobView:
    """Show a job that you asked for, or one of a project whose researcher you are."""
    return jobs.get_visible(db.read, current_user(), str(job_id))


@blueprint.route("/<uuid:job_id>/cancel", methods=["POST"])
@roles(*SIGNED_IN)
@blueprint.response(200, JobOut)
@blueprint.errors(404)
def cancel_job(job_id: UUID) -> jobs.JobView:
    """Cancel a job: a waiting one at once, a running one within seconds; a finished one stays as it is."""
    return db.transact(jobs.cancel_visible, current_user(), str(job_id))
