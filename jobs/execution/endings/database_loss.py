"""Tells an error of a database that was lost under a handler from one that the handler made."""

from django.db import InterfaceError, OperationalError, connection


def is_database_lost(error: BaseException) -> bool:
    """Return True if ``error`` came because the connection of this thread was lost, or could not be made.

    The dead connection is closed then, so that the next query makes a new one.
    """
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    if connection.connection is not None and connection.is_usable():
        return False
    connection.close()
    return True
