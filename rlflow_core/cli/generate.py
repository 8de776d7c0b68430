"""`rlflow generate`: have models answer a task."""

from __future__ import annotations

from typing import Any

import click
from marshmallow import ValidationError

from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.json_values import json_object
from rlflow_core.cli.output import json_option, show
from rlflow_core.cli.progress import progress_bar
from rlflow_core.extensions import db
from rlflow_core.jobs.inline import run_now_or_wait
from rlflow_core.plugin_host.host import get_host
from rlflow_core.plugin_host.problems_text import messages_of
from rlflow_core.schemas.generation import GenerateIn
from rlflow_core.services import project_lists, task_lists
from rlflow_core.services.errors import Invalid
from rlflow_core.services.generation import requests
from rlflow_core.services.generation.orders import MESSAGE, Wish, order
from rlflow_core.services.jobs import JobView
from rlflow_core.services.task_lists import OutputDetail


@click.command("generate")
@click.argument("task")
@click.option("--provider", help="Key of an LLM provider; without it the default one of this server.")
@click.option(
    "--model", "models", multiple=True, help="A model of the provider; give it more than once for several."
)
@click.option(
    "--samples", type=int, help="Answers of each model; without it as many as make the task judgeable."
)
@click.option(
    "--parameters",
    callback=json_object,
    default="{}",
    help='As JSON, such as {"temperature": 0.7, "seed": 1}.',
)
@json_option
@pass_instance
def generate(
    instance: Instance,
    task: str,
    provider: str | None,
    models: tuple[str, ...],
    samples: int | None,
    parameters: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    """Have models answer TASK (its id); what can be compared is handed out to annotators."""
    given = {"provider": provider, "models": list(models) or None, "samples": samples}
    named = {name: value for name, value in given.items() if value is not None}
    wish = _wish({**named, "parameters": parameters})
    with instance.app.app_context():
        host = get_host()
        # Whoever runs this instance asks in the name of the person who made the project.
        maker = project_lists.maker(db.read, project_lists.of_task(db.read, task))
        wanted = order(db.read, host, maker, task, wish)
        asked = db.transact(requests.create, maker, wanted, host.component_set())
        with progress_bar("Asking models") as watch:
            job = run_now_or_wait(asked.id, watch)
        stored = set((job.result or {}).get("outputs", ()))
        outputs = [one for one in task_lists.outputs(db.read, maker, task) if one.id in stored]
    show(_summary(job, outputs), _told(job, outputs), as_json=as_json)
    if job.state != "done":
        raise click.ClickException(f"The job is {job.state}. {job.error or ''}".strip())


def _wish(body: dict[str, Any]) -> Wish:
    try:
        wish: Wish = GenerateIn().load(body)["wish"]
    except ValidationError as error:
        raise Invalid(MESSAGE, messages_of(error)) from error
    return wish


def _summary(job: JobView, outputs: list[OutputDetail]) -> dict[str, Any]:
    fields = ("id", "model_id", "provider", "seed", "finish_reason", "latency_ms", "output")
    return {
        "job": job.id,
        "state": job.state,
        "outputs": [{name: getattr(output, name) for name in fields} for output in outputs],
        "errors": list((job.result or {}).get("errors", ())),
    }


def _told(job: JobView, outputs: list[OutputDetail]) -> str:
    lines = [f"{output.model_id}: {output.output}" for output in outputs]
    missing = (job.result or {}).get("errors", ())
    lines += [f"No answer of {error['model']}: {error['message']}" for error in missing]
    return "\n\n".join([*lines, f"{len(outputs)} outputs stored."])
