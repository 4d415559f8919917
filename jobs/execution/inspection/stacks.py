"""The stacks of the threads of this process: files, lines and functions, and never the value of a variable."""

import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, Final

MAX_THREADS: Final = 40
MAX_FRAMES: Final = 60
_MAX_LINE: Final = 200


def own_stacks() -> Sequence[Mapping[str, Any]]:
    """List ``{name, frames: [{file, line, function, code}]}`` of each thread, the main one first, the innermost last.

    ``code`` is the line as it stands in its file. The innermost ``MAX_FRAMES`` are listed.
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    main = threading.main_thread().ident
    frames = sorted(sys._current_frames().items(), key=lambda item: (item[0] != main, names.get(item[0], "")))
    # The thread that answers would show how it answers.
    asking = threading.get_ident()
    return [
        {"name": names.get(ident, "a thread of a library"), "frames": _frames(frame)}
        for ident, frame in frames[:MAX_THREADS]
        if ident != asking
    ]


def _frames(frame: FrameType) -> list[Mapping[str, Any]]:
    walked = list(traceback.walk_stack(frame))[:MAX_FRAMES]
    summary = traceback.StackSummary.extract(iter(walked[::-1]), capture_locals=False)
    return [
        {
            "file": _short(one.filename),
            "line": one.lineno or 0,
            "function": one.name,
            "code": (one.line or "")[:_MAX_LINE],
        }
        for one in summary
    ]


def _short(path: str) -> str:
    """Write the path from the folder in which Python found the module."""
    found = [root for root in sys.path if root and path.startswith(f"{root.rstrip('/')}/")]
    return path.removeprefix(max(found, key=len).rstrip("/") + "/") if found else path
