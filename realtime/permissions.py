"""The decision about a permission, in one place for sockets, HTTP, bulk items, datasets and uploads. Pure, no I/O."""

from collections.abc import Collection
from typing import Final

TENANT_READ: Final = "tenant.read"
"""Follow, read and list the requests of everybody in the own tenant."""
_ALL = "*"
_BELOW = ".*"
# They reach what is other people's, so a token has to name them.
_NAMED_ONLY = frozenset({TENANT_READ})


def grants(held: Collection[str], wanted: str | None) -> bool:
    """Tell whether a token with the permissions ``held`` has the permission ``wanted``. None: everybody has it.

    A name grants itself. ``reports.*`` grants every name that begins with ``reports.``, at any depth, and not
    ``reports``. ``*`` alone grants all but ``tenant.read``. A star anywhere else is a character like any other.
    """
    if wanted is None or wanted in held:
        return True
    if _ALL in held and wanted not in _NAMED_ONLY:
        return True
    parts = wanted.split(".")
    return any(".".join(parts[:depth]) + _BELOW in held for depth in range(1, len(parts)))
