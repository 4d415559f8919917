"""The paths that the installation serves, as its URL patterns have them."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from django.urls import URLPattern, get_resolver

from realtime.http.schema.declarations import Endpoint, Resource

_URLS: Final = "realtime.http.urls"
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_BRACES = re.compile(r"\{\w+\}")


@cache
def served_paths() -> Mapping[str, Mapping[str, str]]:
    """Return path → the parameters in it and their converters. A pattern without a name is another spelling."""
    paths = {}
    for pattern in get_resolver(_URLS).url_patterns:
        assert isinstance(pattern, URLPattern)
        if pattern.name is not None:
            route = str(pattern.pattern)
            parameters = {name: converter or "str" for converter, name in _PARAMETER.findall(route)}
            paths["/" + _PARAMETER.sub(r"{\2}", route)] = parameters
    return paths


def served_endpoints(resources: Iterable[Resource]) -> dict[str, tuple[Resource, Endpoint]]:
    """Return served path → its declaration, for those that are declared."""
    served = {_key(path): path for path in served_paths()}
    found: dict[str, tuple[Resource, Endpoint]] = {}
    for resource in resources:
        needed = [*(endpoint.path for endpoint in resource.endpoints), *resource.needs]
        if all(_key(path) in served for path in needed):
            found |= {served[_key(endpoint.path)]: (resource, endpoint) for endpoint in resource.endpoints}
    return found


def undeclared_paths(resources: Iterable[Resource], pages: Iterable[str]) -> set[str]:
    """Return the served paths that nobody has declared."""
    return set(served_paths()) - set(served_endpoints(resources)) - set(pages)


def _key(path: str) -> str:
    """Return the path without the names of its parameters."""
    return _BRACES.sub("{}", path)
