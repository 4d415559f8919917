"""Faults, points, and the cells of the matrix: which fault is raised at which point."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

Role = Literal["web", "worker", "sweeper"]
# What docs/explanation/reliability.md promises: only the lease tells a dead worker from a silent one.
_WORKER_DIES = ("parent-kill", "both-kill")
_BEYOND_LEASE_SECONDS, _RECOVERY_SECONDS = 3.0, 10.0


@dataclass(frozen=True, kw_only=True)
class Point:
    """A place in the code of a process."""

    name: str
    role: Role
    is_progress_written: bool = True
    """True: recovery is a new event in the log of the request that was hit. False: the client's next message."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    name: str
    order: str
    """The order to the process that reaches the point: a key of the orders in ``inject/sitecustomize.py``."""
    kind: str
    """Faults of one kind hit the same processes; the matrix keeps them apart, so that all recover between two."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    fault: Fault
    point: Point
    default_settings: bool = False
    """True: on a stack with the default lease and graces, to measure recovery without tuning."""

    @property
    def name(self) -> str:
        return f"{self.fault.name}@{self.point.name}{'+defaults' if self.default_settings else ''}"

    def longest_recovery(self, lease_seconds: float) -> float | None:
        """Return the seconds that are promised with default settings. None: recovery is measured and not judged."""
        if not self.default_settings:
            return None
        return lease_seconds + _BEYOND_LEASE_SECONDS if self.fault.name in _WORKER_DIES else _RECOVERY_SECONDS


def _worker(name: str, *, is_progress_written: bool = True) -> Point:
    return Point(name=name, role="worker", is_progress_written=is_progress_written)


def _web(name: str) -> Point:
    return Point(name=name, role="web", is_progress_written=False)


AFTER_CLAIM = _worker("after-claim")
MID_RUN = _worker("mid-run")
BEFORE_FINAL = _worker("before-final-commit")
AFTER_FINAL = _worker("after-final-commit", is_progress_written=False)
DURING_CANCEL = _worker("during-cancel")
BEFORE_RETRY = _worker("before-retry")
BEFORE_END = _worker("before-end")
BEFORE_SUBMIT = _web("before-submit-commit")
AFTER_SUBMIT = _web("after-submit-commit")
AFTER_RING = _web("after-ring")
AFTER_CANCEL = _web("after-cancel-commit")
DURING_REPLAY = _web("during-replay")
BEFORE_RECOVERY = Point(name="before-recovery-commit", role="sweeper")
AFTER_RECOVERY = Point(name="after-recovery-commit", role="sweeper")

WORKER_POINTS = (AFTER_CLAIM, MID_RUN, BEFORE_FINAL, AFTER_FINAL, DURING_CANCEL)
WEB_POINTS = (BEFORE_SUBMIT, AFTER_SUBMIT, AFTER_RING, AFTER_CANCEL, DURING_REPLAY)
RECOVERY_POINTS = (BEFORE_RECOVERY, AFTER_RECOVERY)
"""The points that are reached only after a worker was lost, so one is killed first."""

WORKER_FAULTS = (
    Fault(name="worker-term", order="term-parent", kind="worker"),
    Fault(name="child-kill", order="kill-self", kind="worker"),
    Fault(name="parent-kill", order="kill-parent", kind="worker"),
    Fault(name="both-kill", order="kill-both", kind="worker"),
    Fault(name="freeze", order="freeze-both", kind="worker"),
)
WEB_FAULTS = (
    Fault(name="web-term", order="term-self", kind="web"),
    Fault(name="web-kill", order="kill-self", kind="web"),
)
SWEEPER_KILL = Fault(name="sweeper-kill", order="hold", kind="sweeper")
VALKEY_KILL = Fault(name="valkey-kill", order="hold", kind="valkey")
VALKEY_WIPE = Fault(name="valkey-wipe", order="hold", kind="valkey")
VALKEY_AWAY = Fault(name="valkey-away", order="hold", kind="valkey")
VALKEY_PAUSE = Fault(name="valkey-pause", order="hold", kind="valkey")
DISK_FULL = Fault(name="disk-full", order="hold", kind="disk")
CANCEL = Fault(name="cancel", order="hold", kind="cancel")
WORKER_KILL_TEN = Fault(name="worker-kill-ten", order="hold", kind="worker")
VALKEY_SLOW = Fault(name="valkey-slow", order="hold", kind="valkey")
DNS_AWAY = Fault(name="dns-away", order="hold", kind="dns")
DATABASE_LOCKED = Fault(name="database-locked", order="hold", kind="database")
OLD_SNAPSHOT = Fault(name="old-snapshot", order="hold", kind="database")
POSTGRES_CUT = Fault(name="postgres-cut", order="hold", kind="postgres")
POSTGRES_REFUSES = Fault(name="postgres-refuses", order="hold", kind="postgres")
CLOCK_FAULTS = (
    Fault(name="clock-forward", order="hold", kind="clock"),
    Fault(name="clock-back", order="hold", kind="clock"),
)
POSTGRES_RESTART = Fault(name="postgres-restart", order="hold", kind="postgres")


def _cells(faults: tuple[Fault, ...], points: tuple[Point, ...]) -> list[Cell]:
    return [Cell(fault=fault, point=point) for fault in faults for point in points]


def all_cells() -> list[Cell]:
    """List every cell, so that neighbours hit different processes; those with default settings come last."""
    valkey_points = (*WORKER_POINTS, BEFORE_SUBMIT, AFTER_SUBMIT, AFTER_RING, DURING_REPLAY)
    sweeper_points = (AFTER_CLAIM, MID_RUN, DURING_CANCEL, AFTER_SUBMIT, *RECOVERY_POINTS)
    other = [
        *_cells((SWEEPER_KILL,), sweeper_points),
        *_cells((CANCEL,), (BEFORE_RETRY, BEFORE_END)),
        *_cells((DISK_FULL,), (MID_RUN,)),
        *_cells((POSTGRES_RESTART,), (BEFORE_SUBMIT, AFTER_SUBMIT, MID_RUN, BEFORE_FINAL)),
        *_cells((VALKEY_AWAY, VALKEY_PAUSE, VALKEY_SLOW), (AFTER_SUBMIT, MID_RUN)),
        *_cells((WORKER_KILL_TEN,), (AFTER_CLAIM, MID_RUN)),
        *_cells((DNS_AWAY,), (AFTER_SUBMIT, MID_RUN)),
        *_cells((POSTGRES_CUT,), (BEFORE_SUBMIT, AFTER_SUBMIT, MID_RUN, BEFORE_FINAL)),
        *_cells((DATABASE_LOCKED,), (AFTER_SUBMIT, MID_RUN)),
        *_cells((POSTGRES_REFUSES,), (AFTER_SUBMIT, MID_RUN)),
        *_cells((OLD_SNAPSHOT,), (MID_RUN,)),
    ]
    columns = (
        _cells(WORKER_FAULTS, WORKER_POINTS),
        _cells(WEB_FAULTS, WEB_POINTS),
        _cells((VALKEY_KILL, VALKEY_WIPE), valkey_points),
        other,
    )
    mixed = [cell for row in zip_longest(*columns) for cell in row if cell is not None]
    parent_kill, both_kill = WORKER_FAULTS[2:4]
    with_defaults = (
        (parent_kill, AFTER_CLAIM),
        (both_kill, MID_RUN),
        (WEB_FAULTS[1], AFTER_SUBMIT),
        (VALKEY_AWAY, MID_RUN),
        (VALKEY_PAUSE, AFTER_SUBMIT),
    )
    with_clock = _cells(CLOCK_FAULTS, (AFTER_SUBMIT, MID_RUN, BEFORE_RETRY))
    return [
        *mixed,
        *with_clock,
        *(Cell(fault=fault, point=point, default_settings=True) for fault, point in with_defaults),
    ]


def each_fault() -> list[Cell]:
    """List one cell of each fault, where the worker is at work if it can strike there."""
    chosen: dict[str, Cell] = {}
    for cell in all_cells():
        if cell.fault.name not in chosen or (cell.point == MID_RUN and not cell.default_settings):
            chosen[cell.fault.name] = cell
    return list(chosen.values())


def short_cells() -> list[Cell]:
    """List a few cells, one or two of each kind."""
    wanted = (
        "child-kill@mid-run",
        "web-kill@after-submit-commit",
        "valkey-wipe@after-ring",
        "both-kill@before-final-commit",
        "web-kill@during-replay",
    )
    by_name = {cell.name: cell for cell in all_cells()}
    return [by_name[name] for name in wanted]
