"""The errors of a file store."""


class StorageAway(OSError):
    """The store does not answer, or refuses. The text says why, and holds no secret."""
