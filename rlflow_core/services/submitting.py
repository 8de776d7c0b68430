"""A submit from end to end: judged first, then stored in one short transaction, then acknowledged."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from rlflow_core.extensions import db
from rlflow_core.plugin_host.host import PluginHost
from rlflow_core.services.drafts import keep_draft
from rlflow_core.services.errors import Conflict
from rlflow_core.services.feedback import NOT_STORED, Submission, Submitted, prepare, record


def submit(host: PluginHost, annotator_id: str, submission: Submission) -> Submitted:
    """The stored label; raises Invalid, NotFound or Conflict, and an answer that came too late is kept as a draft."""
    prepared = prepare(db.read, host, annotator_id, submission)
    try:
        return db.transact(record, prepared)
    except Conflict as conflict:
        if conflict.code in NOT_STORED:
            db.transact(keep_draft, submission.assignment_id, prepared.judged.response)
        raise
    except IntegrityError as error:
        # Two requests with one key at the same moment: the other one won, and asking again replays its answer.
        raise Conflict(
            "The same answer is being stored right now. Send it again.", code="in_flight"
        ) from error
