"""The bodies that declarations name, and the schemas that were made of them."""

from collections.abc import Iterable, Iterator, Sequence

from realtime.http.schema.declarations import Kind, Operation
from realtime.http.schema.json_schema.structs import Schema


def kinds_of(operations: Iterable[Operation]) -> list[Kind]:
    """List the types of all bodies, each once. A schema that is given as such is none of them."""
    found: list[Kind] = []
    for kind in _all(operations):
        if kind is not None and not isinstance(kind, dict) and kind not in found:
            found.append(kind)
    return found


def _all(operations: Iterable[Operation]) -> Iterator[Kind]:
    for operation in operations:
        yield operation.body
        for answer in operation.answers:
            yield answer.body
            yield from answer.also.values()


class SchemaOf:
    """The schema of a body: ``schemas`` are those of ``kinds``, in their order."""

    def __init__(self, kinds: Sequence[Kind], schemas: Sequence[Schema]) -> None:
        self._pairs = list(zip(kinds, schemas, strict=True))

    def __call__(self, kind: Kind) -> Schema:
        if isinstance(kind, dict):
            return kind
        return next(schema for known, schema in self._pairs if known == kind)
