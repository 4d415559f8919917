"""A job of the project's own, which knows nothing of Streamer."""

from pathlib import Path


def note(folder: str, text: str) -> str:
    """Write the text to a file, and return it."""
    (Path(folder) / f"{text}.txt").write_text(text)
    return text
