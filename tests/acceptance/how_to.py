"""A page of docs/how-to as steps to carry out: its files and its commands, in their order."""

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE_NAME = re.compile(r"# ([\w./-]+\.\w+)\n")


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block of code. ``file_name`` is in its first line; "" for commands."""

    language: str
    text: str
    file_name: str


def read_blocks(page: Path) -> list[Block]:
    blocks = []
    for language, text in _BLOCK.findall(page.read_text()):
        named = _FILE_NAME.match(text)
        blocks.append(Block(language=language, text=text, file_name=named[1] if named else ""))
    return blocks


def read_blocks_below(page: Path, heading: str) -> list[Block]:
    """Read the blocks below a heading of the second level, up to the next one."""
    parts = re.split(r"^## (.+)$", page.read_text(), flags=re.MULTILINE)
    text = dict(zip(parts[1::2], parts[2::2], strict=True))[heading]
    return [Block(language=language, text=body, file_name="") for language, body in _BLOCK.findall(text)]
