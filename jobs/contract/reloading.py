"""Reloads handlers in a running process when a file of theirs changes or appears. For development: the setting
``STREAMER_RELOAD_HANDLERS`` switches it on.

The modules of the packages that have changed are imported anew. What runs keeps the objects it began with. If anything
is wrong with the new code, the old modules and handlers stay.
"""

import importlib
import logging
import sys
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from types import ModuleType

from django.apps import apps
from django.conf import settings
from django.core.checks import run_checks

from jobs.contract.discovery.classes import BUILT_IN
from jobs.contract.discovery.importing import is_within
from jobs.contract.registry import CHECKS_TAG, all_handlers, handlers_reloaded, named, replace, search_again

logger = logging.getLogger(__name__)

WATCH_SECONDS = 0.25
_LOOK_SECONDS = 0.2
Stamps = Mapping[Path, tuple[int, int]]
"""File → the time of its last change, in nanoseconds, and its size in bytes."""


class Reloader:
    """The files of handlers as this process has seen them. One thread at a time uses it."""

    def __init__(self) -> None:
        self._seen = _stamps()
        self._looked_at = 0.0

    def has_changed(self) -> bool:
        """Return True if there is code that ``reload`` has not tried yet. It looks a few times a second at most."""
        if time.monotonic() - self._looked_at < _LOOK_SECONDS:
            return False
        self._looked_at = time.monotonic()
        return _stamps() != self._seen

    def reload(self, *, tell: bool) -> None:
        """Take the new code over. ``tell``: log how that went; of the processes of a stack, the web process does."""
        stamps = _stamps()
        files = sorted({path for path, _ in set(stamps.items()) ^ set(self._seen.items())})
        self._seen = stamps
        before = set(all_handlers())
        faults = _take_over(files)
        if not tell:
            return
        changed = ", ".join(map(_shown, files))
        if faults:
            logger.error("The change of %s is not taken, the code before goes on: %s", changed, " ".join(faults))
        else:
            now = set(all_handlers())
            news = [("new", now - before), ("gone", before - now)]
            told = "".join(f"; {word}: {', '.join(sorted(actions))}" for word, actions in news if actions)
            logger.info("Handlers reloaded after a change of %s%s", changed, told)


_reloader: list[Reloader] = []


def start() -> None:
    """Remember the files as they are now: those that this process has imported."""
    if settings.STREAMER_RELOAD_HANDLERS and not _reloader:
        _reloader.append(Reloader())


def code_has_changed() -> bool:
    """Return True if files of handlers have changed since this process imported them."""
    return bool(_reloader) and _reloader[0].has_changed()


def reload_if_changed() -> None:
    """Take new code over, without a word. For workers, between two forks."""
    if code_has_changed():
        _reloader[0].reload(tell=False)


def watch(*, tell: bool) -> None:
    """Have a thread reload what changes. Not for a process that forks. Does nothing where reloading is off."""
    if _reloader:
        threading.Thread(target=_watch, args=(_reloader[0], tell), name="reload-handlers", daemon=True).start()


def _watch(reloader: Reloader, tell: bool) -> None:
    pause = threading.Event()
    while True:
        pause.wait(WATCH_SECONDS)
        try:
            if reloader.has_changed():
                _await_rest()
                reloader.reload(tell=tell)
        except Exception:
            logger.exception("Handlers cannot be reloaded")


def _await_rest() -> None:
    """Wait until no file changes any more: an editor may be in the middle of writing several."""
    pause, before = threading.Event(), _stamps()
    while not pause.wait(WATCH_SECONDS / 2) and (now := _stamps()) != before:
        before = now


def _take_over(files: Iterable[Path]) -> list[str]:
    """Import again what has changed, and serve it. Return what is wrong with it; then nothing has changed."""
    for file in files:
        # Byte code knows its source by whole seconds and the size.
        Path(cache_from_source(str(file))).unlink(missing_ok=True)
    importlib.invalidate_caches()
    roots = _changed_roots(files)
    removed = _take_modules(roots)
    found = search_again()
    faults = [str(message.msg) for message in found.messages if message.is_serious()]
    if not faults:
        undo = replace(found)
        faults = [str(message.msg) for message in run_checks(tags=[CHECKS_TAG]) if message.is_serious()]
        if not faults:
            handlers_reloaded.send(sender=None)
            return []
        undo()
    _take_modules(roots)
    _put_back(removed)
    return faults


def _changed_roots(files: Iterable[Path]) -> set[str]:
    """Return the names below which modules are to be imported anew."""
    # A file that has been deleted is below its folder, too.
    places = {root: list(_places(root)) for root in _roots()}
    changed = {root for root in places if any(file.is_relative_to(place) for file in files for place in places[root])}
    # Those of others may import each other.
    return changed | (set(places) - {BUILT_IN} if changed - {BUILT_IN} else set())


def _take_modules(roots: Collection[str]) -> dict[str, ModuleType]:
    """Forget the modules below ``roots``, so that they are imported anew. Return them."""
    stay = _lasting()
    names = [name for name in sys.modules if name not in stay and any(is_within(name, root) for root in roots)]
    return {name: sys.modules.pop(name) for name in names}


def _lasting() -> set[str]:
    """Name the modules that Django knows, and the packages they are in: a model is made once in a process."""
    known = {model.__module__ for model in apps.get_models(include_auto_created=True)}
    for config in apps.get_app_configs():
        known |= {config.name, type(config).__module__, f"{config.name}.admin", f"{config.name}.models"}
    split = [name.split(".") for name in known]
    return {".".join(parts[:depth]) for parts in split for depth in range(1, len(parts) + 1)}


def _put_back(removed: Mapping[str, ModuleType]) -> None:
    sys.modules.update(removed)
    for name, module in removed.items():
        parent, _, child = name.rpartition(".")
        if parent in sys.modules:
            setattr(sys.modules[parent], child, module)


def _roots() -> set[str]:
    return {BUILT_IN, *named()}


def _places(root: str) -> Iterator[Path]:
    """Find the folders or the file of a name, whether it could be imported or not."""
    try:
        spec = find_spec(root)
    except (ImportError, ValueError):
        return
    if spec is not None:
        yield from map(Path, spec.submodule_search_locations or ([spec.origin] if spec.origin else []))


def _stamps() -> Stamps:
    stamps = {}
    places = [place for root in _roots() for place in _places(root)]
    for file in [file for place in places for file in (place.rglob("*.py") if place.is_dir() else [place])]:
        try:
            status = file.stat()
        except OSError:  # deleted in this moment
            continue
        stamps[file] = (status.st_mtime_ns, status.st_size)
    return stamps


def _shown(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
