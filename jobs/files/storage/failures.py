"""What a store may answer instead of a file."""


class StorageAway(OSError):
    """The store does not answer, or refuses. The text says why, and holds no secret."""
