"""The table is the surface: nothing that an owner can ask is missing, renamed, or asked for otherwise."""

import inspect
import types
import typing
from typing import Annotated, Any

import pytest

from pcloud.api.requests import Request
from pcloud.api.routes import ROUTES, Media, Route
from pcloud.runtime.surface import Surface

OWN = {"health", "description"}
"""What the API answers by itself."""

OPERATIONS = {name for name, _ in inspect.getmembers(Surface, inspect.isfunction) if name[0] != "_"}
SERVED = [route for route in ROUTES if route.operation not in OWN]


def bare(kind: Any) -> Any:
    """A type without its bounds."""
    if typing.get_origin(kind) is Annotated:
        return bare(typing.get_args(kind)[0])
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return frozenset(bare(part) for part in typing.get_args(kind))
    return kind


def asked(request: type[Request]) -> dict[str, tuple[Any, Any]]:
    """Each field of a request with its type and default."""
    hints = typing.get_type_hints(request, include_extras=True)
    required = len(request.__struct_fields__) - len(request.__struct_defaults__)
    defaults = [inspect.Parameter.empty] * required + list(request.__struct_defaults__)
    return {
        name: (bare(hints[name]), default)
        for name, default in zip(request.__struct_fields__, defaults, strict=True)
    }


def test_every_operation_of_the_surface_is_served_once() -> None:
    assert sorted(route.operation for route in SERVED) == sorted(OPERATIONS)
    assert {route.operation for route in ROUTES} - OPERATIONS == OWN


def test_no_two_rows_have_the_same_method_and_path() -> None:
    shapes = [(route.method, route.path.replace(f"{{{route.subject}}}", "*")) for route in ROUTES]
    assert len(set(shapes)) == len(shapes)


@pytest.mark.parametrize("route", SERVED, ids=lambda route: route.operation)
def test_what_is_asked_is_what_the_surface_takes(route: Route[Any]) -> None:
    method = getattr(Surface, route.operation)
    hints = typing.get_type_hints(method)
    taken = {
        name: (bare(hints[name]), parameter.default)
        for name, parameter in inspect.signature(method).parameters.items()
        if name != "self"
    }
    given = asked(route.request)
    if route.subject is not None:
        given = {route.subject: (str, inspect.Parameter.empty), **given}
    assert given == taken


@pytest.mark.parametrize("route", SERVED, ids=lambda route: route.operation)
def test_what_is_answered_is_what_the_surface_gives(route: Route[Any]) -> None:
    given = typing.get_type_hints(getattr(Surface, route.operation))["return"]
    if route.media in {Media.EVENTS, Media.ARCHIVE}:
        assert typing.get_args(given) == (route.response,)
    else:
        assert given == route.response
    raw = {Media.BYTES, Media.METRICS, Media.ARCHIVE}
    assert (route.media in raw) == (route.response is bytes)
    assert (route.status == 204) == (route.response is type(None))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_a_path_has_a_version_and_at_most_one_id(route: Route[Any]) -> None:
    assert route.path.startswith("/v1/")
    assert route.path.count("{") == (route.subject is not None)
    assert route.path.isascii()
    assert route.path == route.path.lower()


def test_only_a_read_is_a_get_and_only_an_end_is_a_delete() -> None:
    assert {route.operation for route in ROUTES if route.method == "DELETE"} == {
        "letter_remove",
        "rule_remove",
        "withdraw",
    }
    assert all(route.status in {200, 201, 204} for route in ROUTES)
    assert all(route.status == 200 for route in ROUTES if route.method == "GET")
