"""The first act: quick actions are answered at once."""

import statistics

from jobs.formatting import format_duration
from streamer_site.local.demo.stage import Stage

_ECHOES = 50


async def play(stage: Stage) -> None:
    """Send echoes, each after the answer to the one before."""
    story = "What takes no time is answered on the same socket, without a queue."
    with stage.act("An answer at once", story) as scene:
        for number in range(_ECHOES):
            echo = await stage.client.send("echo", {"message": number})
            scene.followed.append(await stage.client.wait(echo))
    seconds = [one.seconds for one in scene.followed]
    figure = f"median {_milliseconds(statistics.median(seconds))}, slowest {_milliseconds(max(seconds))}"
    stage.display.tick(f"{_ECHOES} questions answered, one after the other", figure)


def _milliseconds(seconds: float) -> str:
    """Write a duration, with a digit after the point where whole milliseconds would say too little."""
    return f"{1000 * seconds:.1f} ms" if seconds < 0.01 else format_duration(seconds)
