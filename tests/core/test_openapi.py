from __future__ import annotations

from flask import Flask

from rlflow_core.security.roles import access_of


def test_the_document_describes_every_route_of_the_api_with_its_errors(sqlite_app: Flask) -> None:
    document = sqlite_app.test_client().get("/api/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    described = {path.replace("{", "<").replace("}", ">") for path in document["paths"]}
    for rule in sqlite_app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/") or rule.rule.endswith(("openapi.json", "/docs")):
            # The document itself, and the page that shows it.
            continue
        plain = "/".join(
            part.rpartition(":")[2]
            if not part.startswith("<")
            else f"<{part.strip('<>').rpartition(':')[2]}>"
            for part in rule.rule.split("/")
        )
        assert plain in described, rule.rule
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            operation = document["paths"][plain.replace("<", "{").replace(">", "}")][method.lower()]
            access = access_of(sqlite_app.view_functions[rule.endpoint], method)
            assert access is not None
            expected = {"400", "422", "429", "503"} | (set() if access.is_public else {"401", "403"})
            assert expected <= set(operation["responses"]), rule.rule
            assert operation["summary"], rule.rule


def test_every_error_in_the_document_has_the_one_envelope(sqlite_app: Flask) -> None:
    document = sqlite_app.test_client().get("/api/v1/openapi.json").get_json()
    assert set(document["components"]["schemas"]["Error"]["properties"]) == {
        "code",
        "status",
        "message",
        "errors",
    }
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for name, response in document["components"]["responses"].items():
        schema = response["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Error"}, name
