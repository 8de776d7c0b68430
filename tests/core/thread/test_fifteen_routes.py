"""The fifteen routes in order, and nothing else but the queue's own `next`, make a row for a trainer."""

from __future__ import annotations

import json
from typing import Any

import httpx
from product import PASSWORD, Product
from waiting import eventually

RESEARCHER, ANNOTATOR = "rita@example.org", "ann@example.org"
TASK = {
    "type": "coding",
    "prompt": "Write a function `double(x)` that returns twice its argument.",
    "content": {"language": "python"},
    "expected_behavior": "double(2) is 4.",
    "evaluation_criteria": "It is right, and no longer than it must be.",
}
REWARD, RATIONALE = 4.0, "It is right and short."


def signed_in(product: Product, email: str) -> httpx.Client:
    """1. POST /auth/login"""
    http = httpx.Client(base_url=product.api, timeout=60)
    tokens = http.post("/auth/login", json={"email": email, "password": PASSWORD})
    assert tokens.status_code == 200, tokens.text
    http.headers["Authorization"] = f"Bearer {tokens.json()['access_token']}"
    return http


def ask(http: httpx.Client, method: str, path: str, status: int, **options: Any) -> httpx.Response:
    answer = http.request(method, path, **options)
    assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer


def generated(researcher: httpx.Client, task: dict[str, Any]) -> None:
    """7. POST /tasks/{id}/generate, until its answers are there: only the task itself is asked."""
    ask(researcher, "POST", f"/tasks/{task['id']}/generate", 202, json={"provider": "echo"})
    eventually(
        lambda: researcher.get(f"/tasks/{task['id']}").json()["outputs"] >= 1, 60, "the answer is generated"
    )


def exported_row(answer: httpx.Response) -> dict[str, Any]:
    """The one row of the export."""
    rows = [json.loads(line) for line in answer.text.splitlines() if line]
    assert len(rows) == 1, rows
    row: dict[str, Any] = rows[0]
    return row


def test_a_researchers_coding_task_becomes_a_row_with_reward_and_rationale(product: Product) -> None:
    product.person(RESEARCHER, "researcher").http.close()
    researcher = signed_in(product, RESEARCHER)

    registered = httpx.post(
        f"{product.api}/auth/register", json={"email": ANNOTATOR, "password": PASSWORD}, timeout=60
    )
    assert registered.status_code == 201, registered.text

    assert ask(researcher, "GET", "/tasks", 200).json()["items"] == []
    task = ask(researcher, "POST", "/tasks", 201, json=TASK).json()

    read = ask(researcher, "GET", f"/tasks/{task['id']}", 200)
    change = {"expected_behavior": "double(2) is 4, and double(-1) is -2."}
    changed = ask(
        researcher,
        "PUT",
        f"/tasks/{task['id']}",
        200,
        json=change,
        headers={"If-Match": read.headers["ETag"]},
    ).json()
    assert changed["version"] == 2

    generated(researcher, task)
    named = ask(researcher, "POST", f"/tasks/{task['id']}/assign", 201, json={"annotator": ANNOTATOR}).json()

    annotator = signed_in(product, ANNOTATOR)
    (entry,) = ask(annotator, "GET", "/annotator/queue", 200).json()
    assert entry["project"] == task["project"]
    offer = ask(annotator, "POST", "/annotator/queue/next", 200, json={}).json()
    assert offer["assignment"]["id"] == named["id"], offer
    assert offer["assignment"]["task"]["content"]["prompt"] == TASK["prompt"]

    answer = {"assignment_id": named["id"], "reward_scalar": REWARD, "rationale": RATIONALE}
    label = ask(annotator, "POST", "/feedback", 201, json=answer).json()
    (stored,) = ask(researcher, "GET", f"/feedback/{task['id']}", 200).json()["items"]
    assert (stored["id"], stored["reward_scalar"], stored["rationale"]) == (label["id"], REWARD, RATIONALE)

    assert ask(researcher, "GET", "/metrics/dashboard", 200).json()
    quality = ask(researcher, "GET", "/metrics/quality", 200).json()
    assert quality["votes"] == 1

    row = exported_row(ask(researcher, "POST", "/exports", 200, json={"format": "jsonl"}))
    text = json.dumps(row)
    assert TASK["prompt"] in text
    assert RATIONALE in text
    assert REWARD in _numbers(row)

    health = httpx.get(f"{product.address}/health", timeout=60)
    assert (health.status_code, health.json()["status"]) == (200, "ok")


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in _numbers(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in _numbers(inner)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []
