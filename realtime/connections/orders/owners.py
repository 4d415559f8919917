"""The open connections of this process by their user."""

from collections.abc import Collection

from realtime.connections.open_connection import OpenConnection
from realtime.connections.rows import Owner


class Owners:
    """An index, so that a message to one user looks at no other's sockets. Most users have one or two."""

    def __init__(self) -> None:
        self._of: dict[Owner, tuple[OpenConnection, ...]] = {}

    def __call__(self, owner: Owner) -> Collection[OpenConnection]:
        return self._of.get(owner, ())

    def add(self, connection: OpenConnection) -> None:
        self._of[connection.owner] = (*self._of.get(connection.owner, ()), connection)

    def remove(self, connection: OpenConnection) -> None:
        left = tuple(item for item in self._of.get(connection.owner, ()) if item is not connection)
        if left:
            self._of[connection.owner] = left
        else:
            self._of.pop(connection.owner, None)
