"""A reward schema whose widget has rows that buttons add and drop, and an ES module; written to disk as a plugin."""

from __future__ import annotations

from pathlib import Path

from plugin_files import write_plugin

CODE = """
class Fault(Schema):
    where = fields.String(required=True)
    grave = fields.Boolean(load_default=False)

class FaultsResponse(Schema):
    faults = fields.List(fields.Nested(Fault), load_default=list)

class Faults(RewardSchema):
    key = "faults"
    title = "Faults"
    version = "1"
    RESPONSE_SCHEMA = FaultsResponse
    widget = "faults.html"
    module = "faults.js"

    def DIMENSIONS(self, config):
        return []

    def SIGNALS(self, response, task, outputs):
        return []

@hookimpl
def register_reward_schemas():
    return [Faults]
"""
WIDGET = """
{%- set rows = (response or {}).get("faults") or [] -%}
{%- set name = field("faults") -%}
<fieldset class="rl-ask"><legend class="q">What is wrong?</legend>
{%- for row in rows %}
{%- set path = name ~ "." ~ loop.index0 %}
{%- set checked = "checked" if row.get("grave") else "" %}
<div class="flex gap-2">
<label>Fault {{ loop.index }} <input class="input" name="{{ path }}.where" value="{{ row.get("where") or "" }}"></label>
<label><input type="checkbox" name="{{ path }}.grave" value="true" {{ checked }}> Grave</label>
<button class="btn btn-sm" name="_drop" value="{{ path }}">Drop {{ loop.index }}</button>
</div>
{%- endfor %}
<button class="btn btn-sm" name="_add" value="{{ name }}">Add a fault</button>
<p class="rl-note" data-count></p>
</fieldset>
"""
MODULE = """
export default function start(element) {
  const count = () => {
    const faults = element.querySelectorAll("input:not([type])").length;
    element.querySelector("[data-count]").textContent = `${faults} faults counted`;
  };
  count();
}
"""


def write_rows_widget(folder: Path) -> None:
    """Write the plugin with its template and its module."""
    write_plugin(folder, "faults", CODE)
    (folder / "faults.html").write_text(WIDGET)
    (folder / "faults.js").write_text(MODULE)
