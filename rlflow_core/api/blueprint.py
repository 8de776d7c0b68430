"""The blueprint of every resource of the API: strict arguments, and its roles and errors in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Flask
from flask_smorest.utils import deepupdate
from marshmallow import Schema

from rlflow_core.api.json_input import StrictParser
from rlflow_core.security.roles import View, access_of

ALWAYS = (400, 422, 429, 503)
SIGNED_IN_ONLY = (401, 403)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # the library has no types
    """A flask-smorest blueprint that is registered under /api/v1."""

    ARGUMENTS_PARSER = StrictParser()

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Serve `rule` (below the blueprint's prefix) by the decorated view."""
        decorate: Callable[[View], View] = super().route(rule, **options)
        return decorate

    def arguments(self, schema: type[Schema], **options: Any) -> Callable[[View], View]:
        """Give the view what `schema` loads: of the JSON body, or of `location` "query" or "form"."""
        decorate: Callable[[View], View] = super().arguments(schema, **options)
        return decorate

    def response(
        self, status: int, schema: type[Schema] | Schema | None = None, **options: Any
    ) -> Callable[[View], View]:
        """Answer with `status` and what `schema` dumps of the view's result."""
        decorate: Callable[[View], View] = super().response(status, schema, **options)
        return decorate

    def errors(self, *statuses: int) -> Callable[[View], View]:
        """Describe errors of this endpoint beyond those that any endpoint may answer."""
        return self.described(responses=_errors(statuses))

    def described(self, **operation: Any) -> Callable[[View], View]:
        """Add to the endpoint's operation in the OpenAPI document."""
        decorate: Callable[[View], View] = self.doc(**operation)
        return decorate

    def register_views_in_doc(
        self, api: flask_smorest.Api, app: Flask, spec: Any, *, name: str, parameters: Any
    ) -> None:
        """Describe the endpoints, with who may call them and the errors that any of them may answer."""
        for endpoint, methods in self._docs.items():
            view = app.view_functions[f"{name}.{endpoint}"]
            for method, info in methods.items():
                if method != "parameters":
                    info["manual_doc"] = deepupdate(_about_access(view, method), info.get("manual_doc", {}))
        super().register_views_in_doc(api, app, spec, name=name, parameters=parameters)


def _about_access(view: Any, method: str) -> dict[str, Any]:
    access = access_of(view, method.upper())
    if access is None or access.is_public:
        return {"security": [], "responses": _errors(ALWAYS)}
    return {
        "security": [{"bearer": []}],
        "x-roles": sorted(access.roles),
        "responses": _errors(ALWAYS + SIGNED_IN_ONLY),
    }


def _errors(statuses: Iterable[int]) -> dict[str, str]:
    # flask-smorest keeps a described answer for every status, under its name in http.HTTPStatus.
    return {str(status): HTTPStatus(status).name for status in statuses}
