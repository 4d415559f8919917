"""The deletion of stored files whose rows are gone."""

from collections.abc import Iterable

from django.core.files.storage import default_storage


def delete_files(names: Iterable[str]) -> int:
    """Delete the files of these names, and return the number of those that stay: the sweeper tries them again."""
    left = 0
    for name in names:
        try:
            default_storage.delete(name)
        except OSError:
            left += 1
    return left
