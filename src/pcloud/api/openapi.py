"""The description of the owner API (OpenAPI 3.1), made from the table of routes and the types it names.

`python -m pcloud.api.openapi > docs/openapi.json` writes the copy for readers; a test keeps it current.
"""

import functools
import inspect
import sys
from http import HTTPStatus
from typing import Any, Final

import msgspec

from pcloud.api import routes
from pcloud.api.problems import MEDIA_TYPE, Problem
from pcloud.api.requests import Nothing
from pcloud.api.routes import ROUTES, Media, Route
from pcloud.runtime.surface import Surface

Json = dict[str, Any]

VERSION: Final = "1"
"""Of the API: the prefix of its paths."""

_REFERENCE: Final = "#/components/schemas/{name}"
_OWN: Final = {
    routes.HEALTH.operation: "Whether the node answers.",
    routes.DESCRIPTION.operation: "This description (OpenAPI 3.1).",
}
_ABOUT: Final = (
    "What an owner can ask of a node. Over the Unix socket owner.sock in the node's folder no token is "
    "needed; over loopback TCP it is the content of owner.token. Every POST has a JSON object as body, `{}` "
    "where nothing is asked, and exactly `Content-Type: application/json`. Refusals are problems (RFC 9457) "
    "with a `code` for programs."
)


@functools.cache
def describe() -> Json:
    """The whole description as a JSON document."""
    bodies = [route.request for route in ROUTES if route.method == "POST"]
    answers = [route.response for route in ROUTES if route.media in {Media.JSON, Media.EVENTS}]
    _, schemas = msgspec.json.schema_components([*bodies, *answers, Problem], ref_template=_REFERENCE)
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "pcloud owner API",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "http://127.0.0.1:{port}",
                "description": "Loopback, where the owner has opened it.",
                "variables": {"port": {"default": "7013"}},
            }
        ],
        "security": [{"token": []}, {}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }


def _operation(route: Route[Any]) -> Json:
    told = _OWN.get(route.operation) or inspect.getdoc(getattr(Surface, route.operation)) or ""
    summary, _, more = " ".join(told.split()).rstrip(".").partition(". ")
    operation: Json = {"operationId": route.operation, "summary": summary}
    if more:
        operation["description"] = f"{more}."
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.method == "POST":
        schema = _schema(route.request)
        operation["requestBody"] = {"required": True, "content": {Media.JSON: {"schema": schema}}}
    operation["responses"] = {
        str(route.status.value): _answer(route),
        "default": {
            "description": "It was not done; `code` says why.",
            "content": {MEDIA_TYPE: {"schema": _schema(Problem)}},
        },
    }
    return operation


def _parameters(route: Route[Any]) -> list[Json]:
    parameters: list[Json] = []
    if route.subject is not None:
        text = {"type": "string", "minLength": 1}
        told = "Its id, or any beginning that only it has."
        parameters.append(
            {"name": route.subject, "in": "path", "required": True, "description": told, "schema": text}
        )
    if route.method != "POST" and route.request is not Nothing:
        shape = msgspec.json.schema_components([route.request], ref_template=_REFERENCE)[1]
        for name, schema in shape[route.request.__name__]["properties"].items():
            parameters.append({"name": name, "in": "query", "required": False, "schema": schema})
    return parameters


def _answer(route: Route[Any]) -> Json:
    if route.status == HTTPStatus.NO_CONTENT:
        return {"description": "It is done."}
    told = route.status.phrase
    content: Json = {"schema": {"type": "string"}}
    if route.media is Media.JSON:
        content = {"schema": _schema(route.response)}
    elif route.media in {Media.BYTES, Media.ARCHIVE}:
        content = {"schema": {}}  # OpenAPI 3.1 has no more to say of bytes
    elif route.media is Media.EVENTS:
        told = "Server-sent events: `id` is the number to go on after, `data` the JSON of `x-event-data`."
        content["x-event-data"] = _schema(route.response)
    return {"description": told, "content": {str(route.media): content}}


def _schema(wanted: Any) -> Json:
    found: Json = msgspec.json.schema_components([wanted], ref_template=_REFERENCE)[0][0]
    return found


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(describe()), indent=2).decode() + "\n")
