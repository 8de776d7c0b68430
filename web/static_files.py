"""What browsers load beside pages: our own static files, and the ES modules in the folders of components."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, request, send_file, url_for
from werkzeug.security import safe_join

from rlflow_core.plugin_api import RewardSchema
from rlflow_core.plugin_host.bound import Bound
from rlflow_core.plugin_host.host import get_host
from rlflow_core.plugin_host.templates import component_folder
from rlflow_core.security.web_session import web_roles
from rlflow_core.services.errors import NotFound

STATIC = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600
NO_VERSION = "-"

blueprint = Blueprint("static_files", __name__)


def static_url(path: str) -> str:
    """The address of one of our static files, with its hash so that browsers may keep it."""
    return url_for("static_files.ours", path=path, v=_hash_of(STATIC / path))


def module_url(bound: Bound[RewardSchema]) -> str | None:
    """The address of the ES module that a component's widget names, or None if it names none."""
    registered = bound.registered
    file = bound.component.module
    if not file:
        return None
    return url_for(
        "static_files.of_component",
        distribution=registered.source.distribution,
        version=registered.source.distribution_version or NO_VERSION,
        kind=registered.kind,
        key=registered.key,
        file=file,
        v=_hash_of(component_folder(registered.cls) / file),
    )


@blueprint.get("/static/<path:path>")
@web_roles("public")
def ours(path: str) -> Response:
    """One of our static files."""
    found = safe_join(str(STATIC), path)
    return _send(Path(found) if found else None)


@blueprint.get("/plugins/<distribution>/<version>/static/<kind>/<key>/<file>")
@web_roles("public")
def of_component(distribution: str, version: str, kind: str, key: str, file: str) -> Response:
    """A JavaScript file from the folder of a component that this version of the distribution brings."""
    for registered in get_host().registry.all():
        source = registered.source
        if (registered.kind, registered.key, source.distribution) != (kind, key, distribution):
            continue
        is_module = file.endswith(".js") and not file.startswith(".") and "\\" not in file
        if is_module and version == (source.distribution_version or NO_VERSION):
            return _send(component_folder(registered.cls) / file)
    return _send(None)


def _send(path: Path | None) -> Response:
    if path is None or not path.is_file():
        raise NotFound("file")
    mimetype = "text/javascript" if path.suffix == ".js" else None
    response = send_file(path, mimetype=mimetype, conditional=True, etag=_hash_of(path))
    if request.args.get("v") == _hash_of(path):
        response.cache_control.public = True
        response.cache_control.max_age = YEAR
        response.cache_control.immutable = True
        response.cache_control.no_cache = None
    return response


def _hash_of(path: Path) -> str:
    status = path.stat() if path.is_file() else None
    return _hash(path, status.st_mtime_ns, status.st_size) if status else ""


@lru_cache(maxsize=512)
def _hash(path: Path, _mtime: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
