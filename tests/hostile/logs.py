"""Read what the processes of a stack have logged since a moment."""

from pathlib import Path


class LogReader:
    """The logs of a stack, from the moment at which the reader is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starts = {path: path.stat().st_size for path in folder.glob("*.log")}

    def text(self, name: str = "*") -> str:
        """Return what the processes called ``name`` wrote; all processes by default."""
        return "".join(self._tail(path) for path in sorted(self._folder.glob(f"{name}.log")))

    def tracebacks(self) -> str:
        """Return the text from the first traceback on, at most 4,000 characters; empty when there is none."""
        _, found, rest = self.text().partition("Traceback (most recent call last)")
        return (found + rest)[:4_000]

    def _tail(self, path: Path) -> str:
        with path.open("rb") as file:
            file.seek(self._starts.get(path, 0))
            return file.read().decode(errors="replace")
