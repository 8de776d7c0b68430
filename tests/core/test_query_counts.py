"""No endpoint of the API asks the database more often because there is more in it; the table says how often at most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from apps import MakeApp
from count_scene import ANSWER, CountScene, Words
from databases import settings_for, sqlite_copy
from flask import Flask
from queries import Asked, asked_of
from werkzeug.routing import Rule

from rlflow_core.app import create_app
from rlflow_core.extensions import db
from rlflow_core.security.roles import access_of, declare

SMALL, LARGE = 1, 10
API = "/api/v1"
ECHO = {"provider": "echo", "models": ["echo-1"]}
JSONL = {"project": "$project", "format": "jsonl", "layout": "dpo"}
PAIR = {
    "project": "$project",
    "prompt": "What is two plus two?",
    "outputs": [{"output": "4"}, {"output": "5"}],
}


@dataclass(frozen=True, slots=True)
class Line:
    """Who asks (count_scene.CountScene.client) what, and how many statements that may take at most.

    Texts that begin with $ are words of count_scene.Words. What an address names is the word of that name; `of` gives
    another one.
    """

    route: str
    who: str
    at_most: int
    body: dict[str, Any] | None = None
    of: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    form: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    leaves_a_trace: bool = False
    """Whether looking is an event of the audit log, the one thing that a GET may write."""

    def __str__(self) -> str:
        return " ".join([self.route, *self.query])


ASSIGNMENT = f"{API}/annotator/assignments/<uuid:assignment_id>"
EXPORT = f"{API}/exports/<uuid:export_id>"
IMPORT = f"{API}/imports/<uuid:import_id>"
MEMBERS = f"{API}/projects/<uuid:project_id>/members"
TASK = f"{API}/tasks/<uuid:task_id>"
USER = f"{API}/users/<uuid:user_id>"
TABLE = [
    # Annotators at work
    Line("GET /api/v1/annotator/queue", "veteran", 4),
    Line("POST /api/v1/annotator/queue/next", "veteran", 24, {"project": "$project"}),
    Line("POST /api/v1/annotator/queue/next", "veteran", 25, {}),
    Line(f"GET {ASSIGNMENT}", "veteran", 12),
    Line(f"PUT {ASSIGNMENT}/draft", "veteran", 12, {"response": ANSWER}),
    Line(f"POST {ASSIGNMENT}/postpone", "veteran", 7),
    Line(f"POST {ASSIGNMENT}/resume", "veteran", 7, of={"assignment_id": "postponed"}),
    Line(f"POST {ASSIGNMENT}/skip", "veteran", 11, {"reason": "unclear"}),
    Line("POST /api/v1/annotator/projects/join", "stranger", 8, {"code": "$code"}),
    Line("POST /api/v1/annotator/projects/<uuid:project_id>/undo", "veteran", 22, of={"project_id": "closed_project"}),
    Line("GET /api/v1/annotator/feedback", "veteran", 4),
    Line("PUT /api/v1/annotator/feedback/<uuid:feedback_id>", "veteran", 34,
         {"revision": 1, "response": {**ANSWER, "preference": {"choice": "both_bad"}}}),
    Line("POST /api/v1/feedback", "veteran", 29, {"assignment_id": "$assignment", "response": ANSWER}),
    Line("POST /api/v1/feedback", "veteran", 43, {"assignment_id": "$assignment", "response": ANSWER},
         query={"next": "1"}),
    # What researchers see of it
    Line("POST /api/v1/feedback/<uuid:feedback_id>/return", "alice", 17, {"note": "Look again."}),
    Line("GET /api/v1/feedback/<uuid:task_id>", "alice", 6),
    Line("GET /api/v1/metrics/dashboard", "alice", 22),
    Line("GET /api/v1/metrics/dashboard", "alice", 25, query={"project": "$project"}),
    Line("GET /api/v1/metrics/quality", "alice", 27, query={"project": "$project"}),
    # Projects and members
    Line("GET /api/v1/projects", "alice", 4),
    Line("POST /api/v1/projects", "alice", 9, {"name": "More answers", "task_type": "qa"}),
    Line("GET /api/v1/projects/<uuid:project_id>", "alice", 4),
    Line("PUT /api/v1/projects/<uuid:project_id>", "alice", 16, {"revision": "$revision", "guidelines": "$email"}),
    Line(f"GET {MEMBERS}", "alice", 4),
    Line(f"POST {MEMBERS}", "alice", 8, {"email": "$stranger", "role": "annotator"}),
    Line(f"POST {MEMBERS}/bulk", "alice", 9, {"emails": ["$stranger", "$email"]}),
    Line(f"PUT {MEMBERS}/<uuid:user_id>", "alice", 10, {"lanes": ["", "gold"]}),
    Line(f"DELETE {MEMBERS}/<uuid:user_id>", "alice", 16),
    Line("POST /api/v1/projects/<uuid:project_id>/preview", "alice", 4, {}),
    Line("POST /api/v1/projects/<uuid:project_id>/preview", "alice", 8, {"task": "$new_task"}),
    # Tasks and their outputs
    Line("GET /api/v1/tasks", "alice", 5),
    Line("GET /api/v1/tasks", "alice", 6, query={"project": "$project"}),
    Line("POST /api/v1/tasks", "alice", 19, PAIR),
    Line(f"GET {TASK}", "alice", 5),
    Line(f"PUT {TASK}", "alice", 23, {"version": 1, "expected_behavior": "Is short."}, of={"task_id": "new_task"}),
    Line(f"POST {TASK}/assign", "alice", 20, {"annotator": "$annotator"}, of={"task_id": "new_task"}),
    Line(f"POST {TASK}/generate", "alice", 12, {**ECHO, "stream": False}, of={"task_id": "bare_task"}),
    Line(f"POST {TASK}/generate", "alice", 43, {**ECHO, "stream": True}, of={"task_id": "bare_task"}),
    Line(f"GET {TASK}/outputs", "alice", 4),
    Line(f"POST {TASK}/outputs", "alice", 23, {"outputs": [{"output": "Four!"}]}, of={"task_id": "bare_task"}),
    Line(f"GET {TASK}/versions", "alice", 4),
    # In and out
    Line("POST /api/v1/tasks/import", "alice", 13, form={"project": "$project", "file": "$file"}),
    Line("GET /api/v1/imports", "alice", 4),
    Line(f"GET {IMPORT}", "alice", 6, of={"import_id": "taken_in"}),
    Line(f"GET {IMPORT}/problems", "alice", 5, of={"import_id": "taken_in"}),
    Line(f"POST {IMPORT}/undo", "alice", 25, of={"import_id": "taken_in"}),
    Line("GET /api/v1/exports", "alice", 3),
    Line("POST /api/v1/exports", "alice", 20, JSONL),
    Line("POST /api/v1/exports", "alice", 11, {**JSONL, "stream": False}),
    Line("POST /api/v1/exports/preview", "alice", 13, JSONL),
    Line(f"GET {EXPORT}", "alice", 3),
    Line(f"GET {EXPORT}/download", "alice", 5, leaves_a_trace=True),
    Line(f"GET {EXPORT}/files/<name>", "alice", 5, leaves_a_trace=True),
    Line("GET /api/v1/jobs/<uuid:job_id>", "alice", 3),
    Line("POST /api/v1/jobs/<uuid:job_id>/cancel", "alice", 7),
    # One's own account
    Line("POST /api/v1/auth/register", "nobody", 4, {"email": "$email", "password": "$password"}),
    Line("POST /api/v1/auth/login", "nobody", 8, {"email": "$own_email", "password": "$password"}),
    Line("POST /api/v1/auth/refresh", "nobody", 3, headers={"Authorization": "$refresh"}),
    Line("POST /api/v1/auth/logout", "settled", 5),
    Line("GET /api/v1/auth/me", "settled", 3),
    Line("POST /api/v1/auth/password", "settled", 8,
         {"current_password": "$password", "new_password": "another long password of the tests"}),
    Line("GET /api/v1/auth/sessions", "settled", 3),
    Line("DELETE /api/v1/auth/sessions/<uuid:session_id>", "settled", 6),
    Line("GET /api/v1/tokens", "settled", 3),
    Line("POST /api/v1/tokens", "settled", 6, {"name": "Script"}),
    Line("DELETE /api/v1/tokens/<uuid:token_id>", "settled", 5),
    Line("GET /api/v1/notifications", "settled", 4),
    Line("POST /api/v1/notifications/<uuid:notification_id>/read", "settled", 6),
    Line("POST /api/v1/notifications/read-all", "settled", 4),
    # Admins
    Line("GET /api/v1/audit", "dora", 5, leaves_a_trace=True),
    Line("GET /api/v1/audit/download", "dora", 6, leaves_a_trace=True),
    Line("GET /api/v1/invitations", "dora", 3),
    Line("POST /api/v1/invitations", "dora", 6, {"email": "$email", "project": "$project"}),
    Line("DELETE /api/v1/invitations/<uuid:invitation_id>", "dora", 5),
    Line("GET /api/v1/users", "dora", 5, leaves_a_trace=True),
    Line("POST /api/v1/users", "dora", 20,
         {"users": [{"email": "$email"}, {"email": "$email"}], "project": "$project"}),
    Line(f"GET {USER}", "dora", 5, leaves_a_trace=True),
    Line(f"PUT {USER}", "dora", 7, {"disabled": True}),
    Line(f"POST {USER}/end-sessions", "dora", 8),
    Line(f"POST {USER}/link", "dora", 6),
    # The process
    Line("GET /api/v1/openapi.json", "nobody", 0),
    Line("GET /health", "nobody", 3),
    Line("GET /health/live", "nobody", 0),
    Line("GET /health/ready", "nobody", 3),
    Line("GET /metrics", "nobody", 0),
    Line("GET /version", "nobody", 0),
]  # fmt: skip


@pytest.fixture(scope="module")
def scenes(
    _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[CountScene, CountScene]]:
    """The small scene and the large one, each in a database of its own."""
    made = []
    for size in (SMALL, LARGE):
        folder = tmp_path_factory.mktemp(f"counts-{size}")
        url = sqlite_copy(_sqlite_template, folder)
        settings = settings_for(url, folder / "data", RLFLOW_RATELIMIT_ENABLED="0")
        made.append(CountScene(create_app(settings), size))
    yield made[0], made[1]
    for scene in made:
        with scene.app.app_context():
            db.dispose()


def routes(app: Flask) -> dict[str, Rule]:
    """Every method of every route of the API, by name."""
    return {
        f"{method} {rule.rule}": rule
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if (access := access_of(app.view_functions[rule.endpoint], method)) and access.face == "api"
    }


def lacking(app: Flask) -> set[str]:
    """The routes that have no line."""
    return set(routes(app)) - {line.route for line in TABLE}


def ask(scene: CountScene, line: Line) -> Asked:
    """What the database was asked while the request ran, which must succeed."""
    client = scene.client(line.who)
    words = Words(scene, client)
    rule = routes(scene.app)[line.route]
    given = {name: f"${line.of.get(name, name.removesuffix('_id'))}" for name in rule.arguments}
    built = rule.build(filled(given, words))
    assert built is not None
    sent: dict[str, Any] = {} if line.body is None else {"json": filled(line.body, words)}
    if line.form:
        sent = {"data": filled(line.form, words)}
    query, headers = filled(line.query, words), filled(line.headers, words)
    # What was computed before is not asked for again, and that is not what is counted here.
    scene.app.extensions.pop("metrics_cache", None)
    with asked_of(scene.app) as asked:
        answer = client.open(
            built[1], method=line.route.split()[0], query_string=query, headers=headers, **sent
        )
        answer.get_data()
        answer.close()
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return asked


def filled(value: Any, words: Words) -> Any:
    """The value with things in place of words."""
    if isinstance(value, dict):
        return {name: filled(part, words) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, words) for part in value]
    if isinstance(value, str) and value.startswith("$"):
        return getattr(words, value[1:])()
    return value


def test_every_route_has_a_line(scenes: tuple[CountScene, CountScene]) -> None:
    assert not lacking(scenes[0].app), "say in TABLE how many statements these take at most"
    gone = {line.route for line in TABLE} - set(routes(scenes[0].app))
    assert not gone, "TABLE speaks of routes that are gone"


def test_a_new_route_would_be_noticed(app_with: MakeApp) -> None:
    # The limits belong to the process: an app that has them would turn them on for the scenes.
    app = app_with(RLFLOW_RATELIMIT_ENABLED="0")
    app.add_url_rule("/api/v1/new", view_func=declare("api", ("public",))(lambda: "new"))
    assert lacking(app) == {"GET /api/v1/new"}


@pytest.mark.parametrize("line", TABLE, ids=str)
def test_an_endpoint_asks_no_more_where_there_is_more(
    scenes: tuple[CountScene, CountScene], line: Line
) -> None:
    # Once before, because a process keeps what it has seen.
    small, large = [(ask(scene, line), ask(scene, line))[1] for scene in scenes]
    assert len(large) == len(small), large.statements
    assert len(small) <= line.at_most, small.statements
    if line.route.startswith("GET "):
        assert small.write_transactions <= line.leaves_a_trace, small.statements
