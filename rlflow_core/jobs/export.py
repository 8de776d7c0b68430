"""The job that makes an export; killed at any moment, its next attempt starts anew and nobody sees half a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from rlflow_core.extensions import db
from rlflow_core.jobs.context import JobContext, JobFailed, JobLost
from rlflow_core.jobs.registry import job
from rlflow_core.plugin_host.host import PluginHost, get_host
from rlflow_core.services.errors import ServiceError
from rlflow_core.services.exports import finishing, requests
from rlflow_core.services.exports.build import Build
from rlflow_core.services.exports.failed import ExportFailed, sentences
from rlflow_core.services.exports.orders import order_again
from rlflow_core.services.exports.requests import Export
from rlflow_core.services.exports.snapshot import snapshot

OVER = ("ready", "failed", "cancelled")


@job(requests.KIND, queue=requests.QUEUE)
def export(context: JobContext) -> Mapping[str, Any]:
    """Make the files of the export named by the subject, unless an earlier run has ended it."""
    wanted = requests.get(db.read, context.subject)
    if wanted.status not in OVER:
        try:
            _make(context, get_host(), wanted)
        except ExportFailed as failure:
            _fail(wanted, str(failure))
        except ServiceError as error:
            _fail(wanted, " ".join([error.message, *sentences(error.errors)]))
        except FileNotFoundError as error:
            # Only a later attempt removes the parts of an earlier one.
            raise JobLost from error
    ended = requests.get(db.read, context.subject)
    return {"rows": ended.rows, "sha256": ended.sha256}


def _make(context: JobContext, host: PluginHost, wanted: Export) -> None:
    component_set = host.component_set()
    with db.reading() as session:
        order = order_again(
            session, host, wanted.project, wanted.layout, wanted.format, wanted.config, wanted.filters
        )
    with Build(host, order, wanted.id, component_set, context.attempt) as build:
        with snapshot() as session:
            for _ in build.write(session):
                context.progress(build.done, build.total)
        built = build.finish()
        if not db.transact(finishing.finish_job, host, built, context.attempt):
            raise JobLost
    context.progress(build.done, build.total)


def _fail(wanted: Export, reason: str) -> NoReturn:
    db.transact(finishing.fail_job, wanted.id, reason)
    raise JobFailed(reason)
