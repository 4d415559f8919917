"""The picture that moves: the bar of a report whose worker is killed, and which another worker makes."""

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import FloatRect, Page

from streamer_site.local.stack import PROJECT_DIR
from tests.local.waiting import children_of
from tests.pictures.stage import PICTURES, Stage

_REPORT = {"start_date": "2025-01-01", "end_date": "2025-12-31", "format": "excel"}
_SIZE = {"width": 640, "height": 480}
# Room for the card with its file, in CSS pixels.
_MARGIN, _CARD_HEIGHT = 14, 176
_SCALE = 1.5
_KILL_AT = 55.0
_FRAME_SECONDS = 0.12
_MAX_SECONDS = 90.0
# A report that takes longer is shown faster. The clock on its card tells how long it really was.
_MAX_STILL_MS, _MAX_SHOWN_MS, _LAST_MS = 900, 14_000, 3500
_STRIP, _INK, _ALARM, _PAPER = 44, "#1b2330", "#b8283a", "#eef0f4"
_STATE = """card => [
  card.dataset.status,
  Number(card.querySelector("[role=progressbar]")?.ariaValueNow ?? 0),
]"""
_FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"
_MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Shot:
    at: float
    image: Image.Image
    caption: str
    is_alarm: bool


def take_progress(stage: Stage) -> None:
    page = stage.page(**_SIZE, scale=_SCALE)
    page.get_by_test_id("tab-requests").click()
    shots = _record(stage, page)
    page.close()
    _save(shots, PICTURES / "progress.webp")


def _record(stage: Stage, page: Page) -> list[Shot]:
    """Photograph the card of a report until it has ended, and kill its worker on the way."""
    request_id = stage.submit(page, "generate_report", _REPORT, wait=False)["request_id"]
    card = page.locator(f"[data-testid=request][data-request-id='{request_id}']")
    card.wait_for()
    box = card.bounding_box()
    assert box is not None
    clip: FloatRect = {"x": 0, "y": box["y"] - _MARGIN, "width": _SIZE["width"], "height": _CARD_HEIGHT}
    shots: list[Shot] = []
    killed_at: float | None = None
    is_lost = False
    deadline = time.monotonic() + _MAX_SECONDS
    while time.monotonic() < deadline:
        status, percentage = card.evaluate(_STATE)
        if killed_at is None and status == "processing" and percentage >= _KILL_AT:
            stage.stack.kill(_busy_worker(stage))
            killed_at = percentage
        elif killed_at is not None:
            is_lost = is_lost or status in {"retrying", "pending"} or percentage < killed_at
        image = Image.open(io.BytesIO(page.screenshot(caret="hide", clip=clip)))
        shots.append(Shot(time.monotonic(), image, *_caption(status, killed_at is not None, is_lost)))
        if status in {"completed", "failed", "cancelled"}:
            assert (status, is_lost) == ("completed", True), f"{status}, lost: {is_lost}"
            return shots
        page.wait_for_timeout(1000 * _FRAME_SECONDS)
    raise AssertionError("The report has not ended")


def _caption(status: str, is_killed: bool, is_lost: bool) -> tuple[str, bool]:
    """Return what happens, and whether that is bad."""
    if status == "completed":
        return "Done: one result, and no message missing.", False
    if status in {"retrying", "pending"} and is_lost:
        return "The loss is noticed. Another worker takes the report.", True
    if is_lost:
        return "Another worker makes the report.", False
    return ("kill -9: its worker is gone.", True) if is_killed else ("A worker makes a report.", False)


def _busy_worker(stage: Stage) -> str:
    """Return the name of the worker with a child. Idle ones have none."""
    names = [f"worker-{number}" for number in (1, 2)]
    busy = [name for name in names if any(children_of(pid) for pid in stage.stack.pids(name))]
    assert len(busy) == 1, busy
    return busy[0]


def _save(shots: Sequence[Shot], path: Path) -> None:
    """Save the shots at an even pace, equal ones as one frame."""
    frames: list[Image.Image] = []
    lengths: list[int] = []
    for number, shot in enumerate(shots):
        frame = _with_caption(shot)
        until = shots[number + 1].at if number + 1 < len(shots) else shot.at
        milliseconds = round(1000 * (until - shot.at))
        if frames and frames[-1].tobytes() == frame.tobytes():
            lengths[-1] += milliseconds
        else:
            frames.append(frame)
            lengths.append(milliseconds)
    pace = max(1.0, sum(lengths) / _MAX_SHOWN_MS)
    shown = [min(round(length / pace), _MAX_STILL_MS) for length in lengths[:-1]] + [_LAST_MS]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=shown, loop=0, quality=80, method=6)
    size = path.stat().st_size
    print(f"{path.relative_to(PROJECT_DIR)}: {size:,} bytes, {len(frames)} frames, {sum(shown) / 1000:.1f} s")
    assert size < _MAX_BYTES, "The picture is too large for a README"


def _with_caption(shot: Shot) -> Image.Image:
    width, height = shot.image.size
    strip = round(_STRIP * _SCALE)
    framed = Image.new("RGB", (width, height + strip), _PAPER)
    framed.paste(shot.image.convert("RGB"), (0, 0))
    font = ImageFont.truetype(str(_FONT), round(15 * _SCALE))
    place = (round(24 * _SCALE), height + strip // 2)
    ImageDraw.Draw(framed).text(place, shot.caption, fill=_ALARM if shot.is_alarm else _INK, font=font, anchor="lm")
    return framed
