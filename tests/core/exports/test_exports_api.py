"""Exports over HTTP: who may, what is chosen for them, how the file comes, and what is refused."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from export_scene import ExportScene, lines, names
from factories import make_member
from people import Cast
from sqlalchemy import update

from rlflow_core.models import TaskVersion, User
from rlflow_core.services.exports.failed import ExportFailed
from rlflow_core.services.stream_places import take_place

ROW = {"prompt": "What is two plus two?", "chosen": "Four.", "rejected": "Five."}
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def voted(scene: ExportScene) -> ExportScene:
    """A project with one decided pair."""
    scene.item("first", "first", "first")
    return scene


@pytest.fixture
def sqlite_voted(sqlite_scene: ExportScene) -> ExportScene:
    """A project with one decided pair, on SQLite."""
    sqlite_scene.item("first", "first", "first")
    return sqlite_scene


def test_jsonl_alone_is_enough(voted: ExportScene) -> None:
    answer = voted.post(format="jsonl")
    export_id = answer.headers["X-RLFlow-Export"]
    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=rlflow-{export_id}.jsonl"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    assert answer.headers["X-Content-SHA256"] == hashlib.sha256(answer.data).hexdigest()
    assert answer.headers["Cache-Control"] == "no-store"
    rows = [(row["completion"], row["reward_scalar"], row["rationale"]) for row in lines(answer.data)]
    assert rows == [("Four.", 1.0, None), ("Five.", -1.0, None)]
    export = voted.get(f"/{export_id}").json
    assert (export["status"], export["layout"], export["rows"]) == ("ready", "rlhf", 2)
    assert (export["project"], export["job_id"]) == (voted.project_id, None)
    assert voted.get(f"/{export_id}/download").data == answer.data


def test_an_empty_body_exports_the_project_with_the_newest_vote(sqlite_voted: ExportScene) -> None:
    other = ExportScene(sqlite_voted.cast)
    other.item("second", "second")
    answer = sqlite_voted.post()
    assert [row["reward_scalar"] for row in lines(answer.data)] == [-1.0, 1.0]


def test_csv_alone_is_a_table_of_the_votes(sqlite_voted: ExportScene) -> None:
    answer = sqlite_voted.post(format="csv")
    assert (answer.status_code, answer.json["layout"], answer.json["format"]) == (202, "table", "csv")
    assert sqlite_voted.post(format="parquet").json["layout"] == "rlhf"


def test_without_any_vote_a_project_must_be_named(sqlite_scene: ExportScene) -> None:
    answer = sqlite_scene.post()
    assert answer.status_code == 422
    assert answer.json["errors"]["json"] == {"project": ["Name a project: none of yours has votes yet."]}


def test_a_job_makes_everything_else(voted: ExportScene) -> None:
    answer = voted.post(project=voted.project_id, layout="dpo", format="parquet")
    export = answer.json
    assert (answer.status_code, export["status"], export["files"]) == (202, "queued", [])
    assert answer.headers["Location"] == f"/api/v1/exports/{export['id']}"
    assert voted.get(f"/{export['id']}/download").json["code"] == "not_ready"
    assert voted.get(f"/{export['id']}/download").status_code == 409
    assert voted.run(export["job_id"]).state == "done"
    export = voted.get(f"/{export['id']}").json
    assert (export["status"], export["rows"], export["progress"], export["total"]) == ("ready", 1, 1, 1)
    assert export["files"] == ["manifest.json", f"rlflow-{export['id']}.parquet"]
    data = voted.client().get(export["file_url"])
    assert hashlib.sha256(data.data).hexdigest() == export["sha256"] == data.headers["X-Content-SHA256"]


def test_stream_false_always_makes_a_job(sqlite_voted: ExportScene) -> None:
    assert sqlite_voted.post(format="jsonl", stream=False).status_code == 202


def test_the_manifest_says_what_made_the_file(sqlite_voted: ExportScene) -> None:
    export = sqlite_voted.job(
        format="jsonl", config={"empty_answers": "drop"}, filters={"min_votes": 2, "empty_outputs": "keep"}
    )
    answer = sqlite_voted.get(f"/{export['id']}/files/manifest.json")
    manifest = json.loads(answer.data)
    assert answer.mimetype == "application/json"
    assert (manifest["layout"], manifest["container"], manifest["rows"]) == ("dpo", "jsonl", 1)
    assert (manifest["sha256"], manifest["dropped"]) == (export["sha256"], {})
    assert manifest["columns"][0] == {"name": "prompt", "type": "string"}
    assert manifest["filters"] == {"min_votes": 2} == export["filters"]
    assert manifest["config"] == {"empty_answers": "drop"} == export["config"]
    assert manifest["project_revision"] == 1
    assert manifest["selection"]["votes"] == 3
    exporter, aggregator = manifest["components"]["exporter"], manifest["components"]["aggregator"]
    assert (exporter["key"], aggregator["key"]) == ("dpo", "majority")
    assert {"version", "distribution", "distribution_version", "code_hash"} < set(exporter)
    assert ID.fullmatch(manifest["components"]["set"])
    assert manifest["bytes"] == len(sqlite_voted.get(f"/{export['id']}/download").data)


def test_parts_of_a_file_can_be_fetched(sqlite_voted: ExportScene) -> None:
    export = sqlite_voted.job(format="jsonl")
    path = f"/api/v1/exports/{export['id']}/download"
    whole = sqlite_voted.client().get(path).data
    part = sqlite_voted.client().get(path, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.data) == (206, whole[5:10])
    assert part.headers["Content-Range"] == f"bytes 5-9/{len(whole)}"
    assert sqlite_voted.client().get(path, headers={"Range": "bytes=999999-"}).status_code == 416


@pytest.mark.parametrize(
    "name", ["x", "manifest.json.0.part", "..%2Frlflow.sqlite", "../../rlflow.sqlite", "%00"]
)
def test_only_files_of_the_export_are_given_out(sqlite_voted: ExportScene, name: str) -> None:
    export = sqlite_voted.job(format="jsonl")
    assert sqlite_voted.get(f"/{export['id']}/files/{name}").status_code == 404


def test_a_file_that_was_removed_is_said_to_be_gone(sqlite_voted: ExportScene) -> None:
    export = sqlite_voted.job(format="jsonl")
    (sqlite_voted.folder(export["id"]) / export["files"][-1]).unlink()
    answer = sqlite_voted.get(f"/{export['id']}/download")
    assert (answer.status_code, answer.json["code"]) == (409, "file_gone")


@pytest.fixture
def large(voted: ExportScene, monkeypatch: pytest.MonkeyPatch) -> ExportScene:
    """A project whose votes count as many."""
    monkeypatch.setattr("rlflow_core.api.exports.MAX_SPOOLED_VOTES", 2)
    return voted


def test_many_votes_become_a_job_unless_a_stream_is_asked_for(large: ExportScene) -> None:
    assert large.post(format="jsonl").status_code == 202
    for options in (
        {"json": {"layout": "dpo", "stream": True}},
        {"json": {"layout": "dpo"}, "headers": {"Accept": "application/x-ndjson"}},
    ):
        with large.client().post("/api/v1/exports", **options) as answer:
            assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson")
            assert lines(answer.data) == [ROW]
            export = large.get(f"/{answer.headers['X-RLFlow-Export']}").json
        assert export["status"] == "ready"
        assert export["sha256"] == hashlib.sha256(answer.data).hexdigest()
        assert large.get(f"/{export['id']}/download").data == answer.data


def test_a_stream_of_nothing_is_an_empty_file(large: ExportScene) -> None:
    with large.post(
        stream=True, layout="dpo", filters={"min_probability": 1, "min_votes": 3, "task_status": ["open"]}
    ) as some:
        assert len(lines(some.data)) == 1
    with large.post(stream=True, config={"empty_answers": "keep"}, layout="dpo") as again:
        assert again.data == some.data


def test_a_stream_that_fails_breaks_off(large: ExportScene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise ExportFailed("Row 1: it is wrong.")

    monkeypatch.setattr("rlflow_core.services.exports.build.check_file", refuse)
    with pytest.raises(ExportFailed), large.post(stream=True) as answer:
        answer.get_data()
    (export,) = large.get("").json["items"]
    assert (export["status"], export["error"]) == ("failed", "Row 1: it is wrong.")
    assert names(large.folder(export["id"])) == []


def test_a_client_that_goes_away_leaves_nothing(large: ExportScene) -> None:
    large.post(stream=True).close()
    exports = large.folder("x").parent
    assert [path for path in exports.rglob("*") if path.is_file()] == []
    assert large.get("").json["items"] == []


def test_streams_have_a_quarter_of_the_threads(large: ExportScene) -> None:
    held = [take_place(large.app) for _ in range(2)]
    answer = large.post(stream=True)
    assert (answer.status_code, answer.json["code"]) == (503, "too_many_streams")
    assert answer.headers["Retry-After"] == "5"
    for release in held:
        release()
    with large.post(stream=True) as answer:
        assert answer.status_code == 200


def test_two_exports_at_once_are_enough_for_one_person(sqlite_voted: ExportScene) -> None:
    made = [sqlite_voted.post(stream=False).json for _ in range(2)]
    answer = sqlite_voted.post(stream=False)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    sqlite_voted.client().post(f"/api/v1/jobs/{made[0]['job_id']}/cancel")
    assert sqlite_voted.get(f"/{made[0]['id']}").json["status"] == "cancelled"
    assert sqlite_voted.post(stream=False).status_code == 202


def test_the_preview_shows_the_first_rows(voted: ExportScene) -> None:
    voted.item("tie", "tie")
    voted.item("second", "second")
    answer = voted.post("/preview", project=voted.project_id, layout="dpo", limit=1)
    assert answer.status_code == 200
    shown = answer.json
    assert shown["rows"] == [ROW]
    assert [column["name"] for column in shown["columns"]] == ["prompt", "chosen", "rejected"]
    assert (shown["seen_rows"], shown["items_read"], shown["dropped"]) == (2, 3, {"tie": 1})
    assert (shown["selection"]["items"], shown["selection"]["votes"], shown["problems"]) == (3, 7, [])
    assert voted.get("").json["items"] == []
    assert voted.post("/preview", limit=21).status_code == 422


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        ({"layout": "nope"}, "layout", "There is no exporter 'nope'. There are: "),
        ({"format": "xlsx"}, "format", "There are: jsonl, parquet, csv."),
        (
            {"format": "csv", "layout": "dpo"},
            "format",
            "The layout dpo is written as jsonl or parquet, not as csv.",
        ),
        ({"config": {"format": "chat"}, "layout": "dpo"}, "config", "Must be one of"),
        ({"stream": True, "format": "parquet", "layout": "dpo"}, "stream", "parquet cannot be streamed"),
    ],
)
def test_a_wrong_choice_lists_the_right_ones(
    sqlite_voted: ExportScene, body: dict[str, Any], field: str, text: str
) -> None:
    answer = sqlite_voted.post(**body)
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, [field])
    assert text in str(answer.json["errors"]["json"][field])


def test_a_layout_that_does_not_fit_the_tasks_says_what_does(sqlite_voted: ExportScene) -> None:
    talk = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hi."}]
    sqlite_voted.execute(update(TaskVersion).values(messages=[*talk, talk[0]]))
    answer = sqlite_voted.post(layout="dpo", config={"format": "standard"})
    assert answer.status_code == 422
    assert "Choose auto or conversational" in answer.json["errors"]["json"]["config"]["format"][0]
    (row,) = sqlite_voted.rows(layout="dpo")
    assert row["prompt"] == [*talk, talk[0]]
    assert row["chosen"] == [{"role": "assistant", "content": "Four."}]


@pytest.mark.parametrize("field", ["created_by", "status", "file_url", "id", "filename"])
def test_what_the_server_decides_cannot_be_sent(sqlite_voted: ExportScene, field: str) -> None:
    answer = sqlite_voted.post(**{field: "ready"})
    assert (answer.status_code, list(answer.json["errors"]["json"])) == (422, [field])


def test_lists_are_paged_newest_first(voted: ExportScene) -> None:
    made = [voted.exported().headers["X-RLFlow-Export"] for _ in range(3)][::-1]
    first = voted.get("?limit=2").json
    assert [export["id"] for export in first["items"]] == made[:2]
    second = voted.get(f"?limit=2&cursor={first['next']}").json
    assert ([export["id"] for export in second["items"]], second["next"]) == (made[2:], None)
    other = ExportScene(voted.cast)
    assert voted.get(f"?project={other.project_id}").json["items"] == []
    assert voted.get("?limit=2&cursor=zzz").status_code == 422


def test_who_does_not_manage_the_project_gets_nothing(voted: ExportScene) -> None:
    cast: Cast = voted.cast
    export = voted.job(format="jsonl")
    erin = cast.join("erin@example.org", "researcher")
    places = ["", "/download", "/files/manifest.json"]
    for person, status in ((erin, 404), (cast.bob, 403), (cast.charlie, 403), (cast.dora, 200)):
        client = cast.as_(person)
        for place in places:
            assert client.get(f"/api/v1/exports/{export['id']}{place}").status_code == status, (person, place)
        for path in ("/api/v1/exports", "/api/v1/exports/preview"):
            answer = client.post(path, json={"project": voted.project_id})
            assert answer.status_code == status, (person, path)
    assert cast.as_(erin).get("/api/v1/exports").get_json()["items"] == []
    assert cast.as_(erin).post("/api/v1/exports", json={}).status_code == 422
    assert cast.as_(cast.bob).get("/api/v1/exports").status_code == 403
    assert cast.anonymous().get(f"/api/v1/exports/{export['id']}").status_code == 401
    assert cast.anonymous().post("/api/v1/exports", json={}).status_code == 401


def test_an_annotator_of_the_project_who_is_a_researcher_elsewhere_gets_nothing(
    sqlite_voted: ExportScene,
) -> None:
    erin = sqlite_voted.cast.join("erin@example.org", "researcher")
    sqlite_voted.do(
        lambda session: make_member(session, sqlite_voted.project, session.get_one(User, erin.id))
    )
    client = sqlite_voted.cast.as_(erin)
    answer = client.post("/api/v1/exports", json={"project": sqlite_voted.project_id})
    assert answer.status_code == 404


def test_removed_components_are_named(sqlite_voted: ExportScene) -> None:
    other = ExportScene(sqlite_voted.cast, aggregator={"key": "gone", "config": {}})
    other.item("first")
    answer = other.post(project=other.project_id)
    assert answer.status_code == 409
    assert "gone" in str(answer.json["errors"])
