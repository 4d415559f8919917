"""The process that runs a request, on its page: memory and CPU always, the stacks of its threads on demand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from jobs.execution.inspection.asking import Inspection, inspect
from jobs.formatting import format_bytes, format_duration
from jobs.models import AsyncRequest, Status

_CALLS_HANDLER: Final = ("jobs/execution/runner.py", "_execute")


@dataclass(frozen=True, kw_only=True)
class Thread:
    """One thread: its name, and its frames with the innermost first."""

    name: str
    is_main: bool
    frames: Sequence[Mapping[str, Any]]
    left_out: int
    """The outermost calls that are not listed: how the worker came to call the handler."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process, as the page shows it."""

    worker: str
    figures: Sequence[tuple[str, str]]
    threads: Sequence[Thread]
    problem: str
    """The reason for which there are no threads. Empty when there are."""
    at: str


def is_inspectable(row: AsyncRequest) -> bool:
    return row.status == Status.PROCESSING and bool(row.worker)


def process_facts(row: AsyncRequest) -> Iterator[tuple[str, str]]:
    """List label and value of what the process takes; why it is not known, where it is not."""
    if is_inspectable(row):
        told = inspect(row.id, row.worker)
        yield from _figures(told)
        if told.words:
            yield "Process", told.words


def look_at_process(row: AsyncRequest) -> Process:
    """Ask for the stacks. Takes about a second, and no longer than ``STACK_SECONDS``."""
    at = f"{timezone.localtime():%H:%M:%S}"
    if not is_inspectable(row):
        return Process(worker=row.worker, figures=(), threads=(), problem="It does not run at this moment.", at=at)
    told = inspect(row.id, row.worker, with_stacks=True)
    threads = [_thread(one, is_main=number == 0) for number, one in enumerate(told.stacks or ())]
    return Process(worker=row.worker, figures=list(_figures(told)), threads=threads, problem=told.words, at=at)


def _thread(told: Mapping[str, Any], *, is_main: bool) -> Thread:
    frames = list(told["frames"])
    calls = [number for number, one in enumerate(frames) if (one["file"], one["function"]) == _CALLS_HANDLER]
    left_out = calls[-1] + 1 if calls and calls[-1] + 1 < len(frames) else 0
    return Thread(name=told["name"], is_main=is_main, frames=frames[left_out:][::-1], left_out=left_out)


def _figures(told: Inspection) -> Iterator[tuple[str, str]]:
    figures = told.figures
    if figures is not None:
        yield "Memory", format_bytes(figures.memory_bytes)
        yield "CPU", f"{figures.cpu_percent:.0f} % of a core, {format_duration(figures.cpu_seconds)} in all"
        yield "Process", f"{figures.pid}, {figures.state}, {figures.threads} threads"
