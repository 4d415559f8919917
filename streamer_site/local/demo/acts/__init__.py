"""The acts, in their order. Each plays on the stage, and raises ``ActFailed`` when it does not come out as told."""

from collections.abc import Awaitable, Callable
from typing import Final

from streamer_site.local.demo.acts import answer, crash, learning, report, ten
from streamer_site.local.demo.acts.crash import LEASE_SECONDS as LEASE_SECONDS
from streamer_site.local.demo.stage import Stage

ACTS: Final[tuple[Callable[[Stage], Awaitable[None]], ...]] = (
    answer.play,
    report.play,
    ten.play,
    crash.play,
    learning.play,
)
