"""The plugins page: what is on offer, what is wrong, and what is told to whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from apps import MakeApp
from people import Cast
from plain_browser import Browse, PlainBrowser
from plain_browser import browse as browse
from plugin_files import write_plugin
from queries import asked_of

from rlflow_core.plugin_host.problems import Problem


@pytest.fixture
def alice(browse: Browse, sqlite_cast: Cast) -> PlainBrowser:
    return browse(sqlite_cast.alice)


def test_every_component_is_listed_and_has_a_page(alice: PlainBrowser) -> None:
    host = alice.client.application.extensions["plugin_host"]
    listed = alice.open("/components").html
    for registered in host.registry.all():
        path = f"/components/{registered.kind}/{registered.key}"
        assert f'href="{path}"' in listed
        page = alice.open(path)
        assert (page.status, registered.cls.title in page.words) == (200, True)


def test_the_fields_of_a_config_say_what_they_take(alice: PlainBrowser) -> None:
    words = alice.open("/components/reward_schema/pairwise").words
    assert "strength_levels Levels of strength whole number from 1 to 3 3" in words
    assert "allow_tie Offer a tie yes or no yes" in words


def test_the_list_can_be_narrowed_by_kind_and_text(alice: PlainBrowser) -> None:
    words = alice.open("/components?kind=reward_schema&q=ratio").words
    assert ("rationale" in words, "pairwise 1.0" in words) == (True, False)
    assert "No component matches" in alice.open("/components?q=zebra").words


def test_a_provider_without_its_key_is_shown_with_the_variable_to_set(
    alice: PlainBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    assert "not configured" in alice.open("/components?q=groq").words
    assert "Not configured. Set GROQ_API_KEY," in alice.open("/components/llm_provider/groq").words
    monkeypatch.setenv("GROQ_API_KEY", "a key")
    assert "not configured" not in alice.open("/components?q=groq").words
    page = alice.open("/components/llm_provider/groq")
    assert "Not configured" not in page.words
    assert "a key" not in page.html


def test_an_unknown_component_is_not_found(alice: PlainBrowser) -> None:
    assert alice.open("/components/scorer/zebra").status == 404
    assert alice.open("/components/zebra/agreement").status == 404


def test_a_plugin_that_cannot_be_imported_is_shown_with_what_to_do(app_with: MakeApp, tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "broken", "import no_such_module_at_all")
    app = app_with(RLFLOW_PLUGINS_DIR=str(tmp_path / "plugins"))
    cast = Cast(app)
    page = PlainBrowser(app).sign_in(cast.alice).open("/components")
    assert page.status == 200
    assert "broken is not in use." in page.words
    assert "No module named 'no_such_module_at_all'" in page.words
    assert "RLFLOW_DISABLED_PLUGINS=broken" in page.words
    assert "Traceback" not in page.words
    assert "Traceback" in PlainBrowser(app).sign_in(cast.dora).open("/components").words


def test_what_failed_at_work_is_shown_as_text(alice: PlainBrowser) -> None:
    app = alice.client.application
    with app.app_context():
        app.extensions["plugin_host"].ledger.record(
            Problem(
                "shaky", "SCORE", "ValueError: <script>alert(1)</script>", "scorer", "shaky", "secret trace"
            )
        )
    page = alice.open("/components")
    assert "scorer:shaky in SCORE" in page.words
    assert "<script>alert" not in page.html
    assert "secret trace" not in page.html


def test_annotators_do_not_see_plugins(browse: Browse, sqlite_cast: Cast) -> None:
    browser = browse(sqlite_cast.bob)
    assert browser.open("/components").status == 403
    assert browser.open("/components/scorer/agreement").status == 403
    assert "Plugins" not in browser.open("/").words


def test_looking_at_plugins_writes_nothing_and_asks_little(alice: PlainBrowser) -> None:
    with asked_of(alice.client.application) as asked:
        alice.open("/components")
    assert asked.write_transactions == 0
    assert len(asked) <= 4
