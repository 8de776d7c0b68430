"""Researchers add people by their addresses, change what they do, and take them out."""

from __future__ import annotations

import pytest
from labeling_scene import Scene
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse


@pytest.fixture
def scene(sqlite_cast: Cast) -> Scene:
    return Scene(sqlite_cast)


@pytest.fixture
def alice(browse: Browse, scene: Scene) -> PlainBrowser:
    browser = browse(scene.cast.alice)
    browser.open(f"/projects/{scene.project_id}/members")
    return browser


def test_many_addresses_are_taken_as_people_write_them(alice: PlainBrowser) -> None:
    page = alice.press("Add members", emails="Charlie@Example.org, bob@example.org;\n", role="annotator")
    assert "1 member added." in page.words
    assert "charlie@example.org" in page.words


def test_addresses_without_an_account_are_named_with_the_way_out(alice: PlainBrowser) -> None:
    page = alice.press("Add members", emails="charlie@example.org new@example.org <b>x</b>", role="annotator")
    assert page.status == 200
    assert "1 member added." in page.words
    assert "2 addresses were not added." in page.words
    assert "No account has the rest: they register first, or an admin invites them." in page.words
    assert "<b>x" not in page.html
    assert "new@example.org" in alice.page.html
    assert alice.press("Add members", emails="  ", role="annotator").status == 422


def test_a_role_changes_and_the_last_researcher_stays(alice: PlainBrowser) -> None:
    page = alice.press("Make researcher: bob@example.org")
    assert "bob@example.org is researcher now." in page.words
    alice.press("Make annotator: bob@example.org")
    page = alice.press("Make annotator: alice@example.org")
    assert (page.status, "This is the last researcher" in page.words) == (409, True)


def test_who_is_taken_out_is_gone_from_the_list(alice: PlainBrowser, scene: Scene) -> None:
    bob = scene.cast.bob.id
    token = alice.page.form_with("Add members")[0].get("csrf_token")
    address = f"/projects/{scene.project_id}/members/{bob}/remove"
    page = alice._see(alice.client.post(address, data={"csrf_token": token}, follow_redirects=True))
    assert "what they judged stays" in page.words
    assert "bob@example.org" not in page.words


def test_strangers_neither_look_nor_change(browse: Browse, scene: Scene) -> None:
    stranger = browse(scene.cast.join("eve@example.org", "researcher"))
    path = f"/projects/{scene.project_id}/members"
    assert stranger.open(path).status == 404
    assert browse(scene.cast.bob).open(path).status == 403
    token = stranger.open("/projects/new").form_with("Create project")[0].get("csrf_token")
    for address, values in (
        (path, {"emails": "eve@example.org", "role": "researcher"}),
        (f"{path}/{scene.cast.bob.id}", {"role": "researcher"}),
        (f"{path}/{scene.cast.bob.id}/remove", {}),
    ):
        assert stranger.client.post(address, data={"csrf_token": token, **values}).status_code == 404
    assert stranger.open(path).status == 404
