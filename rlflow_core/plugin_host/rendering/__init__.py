"""How texts are shown: Markdown, code, mathematics, differences. The one home of it, for pages and for plugins."""

from __future__ import annotations

from jinja2 import Environment

from rlflow_core.plugin_host.rendering.answer import answer
from rlflow_core.plugin_host.rendering.code import code
from rlflow_core.plugin_host.rendering.difference import difference
from rlflow_core.plugin_host.rendering.markdown import markdown
from rlflow_core.plugin_host.rendering.mathematics import mathematics

FILTERS = {
    "markdown": markdown,
    "code": code,
    "answer": answer,
    "mathematics": mathematics,
    "difference": difference,
}


def add_filters(environment: Environment) -> None:
    """Give templates the filters by which texts are shown; each returns HTML that is safe whatever the text."""
    environment.filters.update(FILTERS)
