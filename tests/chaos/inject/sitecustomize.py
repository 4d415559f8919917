"""Raises a fault at an exact point of Streamer's own code, without a hook in that code.

Python imports this module at its start, because its folder is on ``PYTHONPATH``. It wraps the functions that make
the points, as soon as their modules are imported. A process that reaches a point takes the file
``<role>.<point>`` from ``STREAMER_CHAOS_DIR``, if it is there (one rename, so only one process can), writes down who
it is and which requests are concerned, and does what the file says.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

_DIR = Path(os.environ.get("STREAMER_CHAOS_DIR", "."))
_ROLES = {"streamer_worker": "worker", "streamer_sweep": "sweeper", "daphne": "web"}
_HOLD_SECONDS = 30.0
_POLL_SECONDS = 0.005
_ENDINGS = {"complete", "error", "cancelled"}
_EARLY_PERCENTAGE = 20
_here = threading.local()
"""``scope``: the kind of transaction that this thread is in. ``facts``: the requests it is about."""
Function = Callable[..., Any]


# --- at a point ------------------------------------------------------------------------------------------------------


def reach(point: str) -> None:
    """Take the trap of this point, if one is set, and do what it orders."""
    name = f"{_role()}.{point}"
    try:
        os.rename(_DIR / name, _DIR / f"{name}.taken")
    except OSError:
        return
    order = (_DIR / f"{name}.taken").read_text()
    facts = getattr(_here, "facts", {"requests": []})
    hit = {"pid": os.getpid(), "parent": os.getppid(), "at": time.time(), **facts}
    (_DIR / f"{name}.part").write_text(json.dumps(hit))
    os.rename(_DIR / f"{name}.part", _DIR / f"{name}.hit")
    _ORDERS[order](name)


def _role() -> str:
    return next((role for word, role in _ROLES.items() if any(word in part for part in sys.orig_argv)), "other")


def _signal_self(signum: int) -> None:
    os.kill(os.getpid(), signum)


def _signal_parent(signum: int) -> None:
    os.kill(os.getppid(), signum)


def _kill_parent(_name: str) -> None:
    _signal_parent(signal.SIGKILL)
    time.sleep(_HOLD_SECONDS)  # the system kills this process too, before the next line of it can run


def _kill_both(_name: str) -> None:
    _signal_parent(signal.SIGKILL)
    _signal_self(signal.SIGKILL)


def _freeze_both(_name: str) -> None:
    _signal_parent(signal.SIGSTOP)
    # To this very thread: sent to the process, the signal may go to another one, and this one goes on for a moment.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _hold(name: str) -> None:
    """Wait until told to go on. The fault is raised elsewhere meanwhile."""
    give_up_at = time.monotonic() + _HOLD_SECONDS
    while not (_DIR / f"{name}.go").exists() and time.monotonic() < give_up_at:
        time.sleep(_POLL_SECONDS)


_ORDERS: dict[str, Callable[[str], None]] = {
    "kill-self": lambda _: _signal_self(signal.SIGKILL),
    "term-self": lambda _: _signal_self(signal.SIGTERM),
    "term-parent": lambda _: _signal_parent(signal.SIGTERM),
    "kill-parent": _kill_parent,
    "kill-both": _kill_both,
    "freeze-both": _freeze_both,
    "hold": _hold,
}


# --- the functions that make the points ------------------------------------------------------------------------------


@contextmanager
def _scope(scope: str | None) -> Iterator[None]:
    _here.scope = scope
    try:
        yield
    finally:
        _here.scope = None


def _about(*requests: Any) -> None:
    _here.facts = {"requests": [str(request) for request in requests]}


def _commit(original: Function) -> Function:
    def commit(self: Any) -> None:
        scope = getattr(_here, "scope", None)
        if scope:
            reach(f"before-{scope}-commit")
        original(self)
        if scope:
            reach(f"after-{scope}-commit")

    return commit


def _execute(original: Function) -> Function:
    """Make the points of a commit around an append that is one statement, and commits itself."""

    def execute(self: Any) -> Any:
        scope = getattr(_here, "scope", None)
        # Django cannot be imported before its settings are there, and by now it is.
        if not scope or not self.is_one_statement or sys.modules["django.db"].connection.in_atomic_block:
            return original(self)
        reach(f"before-{scope}-commit")
        changed = original(self)
        reach(f"after-{scope}-commit")
        return changed

    return execute


def _submit_many(original: Function) -> Function:
    def submit_many(submissions: Sequence[Any]) -> Any:
        _about(*(item.request_id for item in submissions), *(item.client_id for item in submissions))
        with _scope("submit"):
            return original(submissions)

    return submit_many


def _append(original: Function) -> Function:
    def append(request_id: Any, drafts: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
        _about(request_id)
        kinds = [str(draft.type) for draft in drafts]
        if any(map(_is_well_under_way, drafts)):
            reach("mid-run")
        ends = not _ENDINGS.isdisjoint(kinds)
        if ends or "retrying" in kinds:
            reach("before-end" if ends else "before-retry")
        scope = "recovery" if _role() == "sweeper" else "final" if ends else None
        with _scope(scope):
            return original(request_id, drafts, *args, **kwargs)

    return append


def _is_well_under_way(draft: Any) -> bool:
    """Return True for progress of the matrix's own long handler, which names its attempt."""
    return draft.data.get("percentage", 0) >= _EARLY_PERCENTAGE and "run_by" in draft.data.get("metadata", {})


def _claim_next(original: Function) -> Function:
    def claim_next(*args: Any, **kwargs: Any) -> Any:
        claim = original(*args, **kwargs)
        if claim is not None:
            _about(claim.request_id)
            reach("after-claim")
        return claim

    return claim_next


def _stop_handler(original: Function) -> Function:
    def stop_handler(self: Any, stop: BaseException) -> Any:
        if type(stop).__name__ == "Cancelled":
            reach("during-cancel")
        return original(self, stop)

    return stop_handler


def _with_point(point: str, *, about_first: bool) -> Callable[[Function], Function]:
    """Wrap a function with a point after its call. ``about_first``: its first argument is the request."""

    def wrap(original: Function) -> Function:
        def call(*args: Any, **kwargs: Any) -> Any:
            answer = original(*args, **kwargs)
            if about_first:
                _about(args[0])
            reach(point)
            return answer

        return call

    return wrap


_WRAPPERS: dict[str, dict[str, Callable[[Function], Function]]] = {
    "django.db.backends.base.base": {"BaseDatabaseWrapper.commit": _commit},
    "jobs.log.statements": {"Append.execute": _execute},
    "jobs.requests.submission": {"submit_many": _submit_many},
    "jobs.requests.cancellation": {"request_cancel": _with_point("after-cancel-commit", about_first=True)},
    "jobs.log.events": {"append": _append, "read_after": _with_point("during-replay", about_first=True)},
    "jobs.queue.claims": {"claim_next": _claim_next},
    "jobs.execution.reporter": {"Reporter.stop_handler": _stop_handler},
    "jobs.queue.wakeups": {"ring": _with_point("after-ring", about_first=False)},
}


# --- getting there before anybody else has the functions -------------------------------------------------------------


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name not in _WRAPPERS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for path, wrap in _WRAPPERS[module.__name__].items():
            try:
                _replace(module, path, wrap)
            except AttributeError:
                (_DIR / "missing").write_text(f"{module.__name__}.{path}")


def _replace(holder: Any, path: str, wrap: Callable[[Function], Function]) -> None:
    *outer, last = path.split(".")
    for name in outer:
        holder = getattr(holder, name)
    setattr(holder, last, wrap(getattr(holder, last)))


# --- names of hosts, and the clock -----------------------------------------------------------------------------------


def _load_surroundings() -> ModuleType:
    """Load the module beside this one by its file, because their folder need not be on the path."""
    spec = importlib.util.spec_from_file_location("surroundings", Path(__file__).with_name("surroundings.py"))
    if spec is None or spec.loader is None:
        raise ImportError("surroundings.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_surroundings = _load_surroundings()
_WRAPPERS.update(_surroundings.WRAPPERS)

if "STREAMER_CHAOS_DIR" in os.environ:
    _surroundings.change()
    sys.meta_path.insert(0, _Finder())
