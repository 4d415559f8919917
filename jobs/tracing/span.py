"""An open span, and the one that stands for it while tracing is off."""

from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Final, Literal, Protocol, Self

from jobs.tracing.traceparent import TraceParent

Value = str | bool | int | float
Kind = Literal["internal", "server", "producer", "consumer"]


class Span(Protocol):
    """An open span. As a context manager, it ends with the block."""

    @property
    def parent(self) -> TraceParent | None:
        """The span, as the parent of others. None: tracing is off."""

    def note(self, **attributes: Value) -> None:
        """Set attributes. Each name gets the prefix ``streamer.``."""

    def end(self, *, error_code: str = "", end_ns: int | None = None) -> None:
        """End the span. ``error_code``: it failed, with that code. ``end_ns``: Unix time, if it ended earlier."""

    def current(self) -> AbstractContextManager[object]:
        """Make it the parent of what is opened inside the block, by any library."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class NoSpan:
    """The span of a process that traces nothing."""

    parent = None

    def note(self, **attributes: Value) -> None:
        """Do nothing."""

    def end(self, *, error_code: str = "", end_ns: int | None = None) -> None:
        """Do nothing."""

    def current(self) -> AbstractContextManager[object]:
        return nullcontext()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Do nothing."""


NO_SPAN: Final = NoSpan()
