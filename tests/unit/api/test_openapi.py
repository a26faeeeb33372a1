"""The description of the API is whole, says what the table says, and stands in the documents."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pcloud.api.openapi import describe
from pcloud.api.routes import ROUTES, Route

ROOT = Path(__file__).parents[3]
OPERATION = re.compile(r"get|put|post|delete|options|head|patch|trace")

DOCUMENT = describe()


def every(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from every(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from every(inner)


def described(route: Route[Any]) -> dict[str, Any]:
    operation: dict[str, Any] = DOCUMENT["paths"][route.path][route.method.lower()]
    return operation


def test_the_copy_in_the_documents_is_current() -> None:
    path = ROOT / "docs/openapi.json"
    remake = f".venv/bin/python -m pcloud.api.openapi > {path.relative_to(ROOT)}"
    assert path.exists(), f"make it: {remake}"
    assert msgspec.json.decode(path.read_bytes()) == DOCUMENT, f"make it anew: {remake}"


def test_it_describes_the_table_and_no_more() -> None:
    pairs = {
        (method, path)
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if OPERATION.fullmatch(method)
    }
    assert pairs == {(route.method.lower(), route.path) for route in ROUTES}
    assert sum(len(item) for item in DOCUMENT["paths"].values()) == len(ROUTES)


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    named = {part["$ref"] for part in every(DOCUMENT) if "$ref" in part}
    assert named == {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}


def test_it_has_the_fields_that_openapi_wants() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(DOCUMENT["info"])
    schemes = set(DOCUMENT["components"]["securitySchemes"])
    assert {name for need in DOCUMENT["security"] for name in need} == schemes
    for server in DOCUMENT["servers"]:
        assert set(re.findall(r"{(\w+)}", server["url"])) == set(server.get("variables", {}))
    operations = [described(route) for route in ROUTES]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert operation["summary"]
        assert operation["responses"]
        assert all(answer["description"] for answer in operation["responses"].values())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_every_operation_says_what_it_takes_and_gives(route: Route[Any]) -> None:
    operation = described(route)
    parameters = {(one["in"], one["name"]) for one in operation.get("parameters", [])}
    paths = {("path", name) for name in re.findall(r"{(\w+)}", route.path)}
    assert {one for one in parameters if one[0] == "path"} == paths
    if route.method == "POST":
        assert list(operation["requestBody"]["content"]) == ["application/json"]
        assert parameters == paths
    else:
        assert "requestBody" not in operation
        assert parameters - paths == {("query", name) for name in route.request.__struct_fields__}
    answers = operation["responses"]
    assert set(answers) == {str(int(route.status)), "default"}
    assert list(answers["default"]["content"]) == ["application/problem+json"]
    content = answers[str(int(route.status))].get("content", {})
    assert list(content) == ([] if route.status == 204 else [route.media])


def test_what_is_asked_allows_no_other_fields() -> None:
    for route in ROUTES:
        if route.method == "POST":
            schema = DOCUMENT["components"]["schemas"][route.request.__name__]
            assert schema["additionalProperties"] is False
            assert set(schema["properties"]) == set(route.request.__struct_fields__)


def test_an_example_of_a_schema_says_what_the_view_says() -> None:
    peer = DOCUMENT["components"]["schemas"]["Peer"]
    assert peer["properties"]["mine"] == {"enum": ["active", "closed", "paused", "waiting"]}
    assert "advice" not in peer["required"]
    assert DOCUMENT["paths"]["/v1/events"]["get"]["responses"]["200"]["content"] == {
        "text/event-stream": {
            "schema": {"type": "string"},
            "x-event-data": {"$ref": "#/components/schemas/Happening"},
        }
    }
