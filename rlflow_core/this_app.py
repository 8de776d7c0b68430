"""The app itself, for threads and streams that go on after the request in which they began."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app
from werkzeug.local import LocalProxy


def this_app() -> Flask:
    """The app behind `current_app`, which is a stand-in that ends with its context."""
    return cast("LocalProxy[Flask]", current_app)._get_current_object()
