"""Nothing committed depends on the machine or the package index it was written with."""

import re
from pathlib import Path

from repository import ROOT, committed_texts, name_of

# Written with classes of one letter, so that this line is not what it looks for.
INDEX = re.compile(r"--(extra-)?index[-]url\b|--find[-]links\b|https?://[^\s\"]*/sim[p]le\b|\"resolved[\"]:")


def test_no_file_names_a_folder_of_this_machine() -> None:
    folders = {str(ROOT), str(Path.home())} - {"/"}
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(folder)}/" for folder in folders))
    assert [name_of(path) for path, text in committed_texts() if pattern.search(text)] == []


def test_no_file_names_a_package_index() -> None:
    # One test names what it looks for; a vendored bundle, whose hash is checked, parses files that say "resolved".
    allowed = {"tests/web/test_assets.py"}
    named = {name_of(path) for path, text in committed_texts() if INDEX.search(text)}
    assert {name for name in named if not name.startswith("web/static/vendor/swagger-ui-")} <= allowed
