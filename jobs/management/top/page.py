"""Draws the page."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from jobs.formatting import format_count, format_duration, format_status
from jobs.management.top.board import VIEWS, Board
from jobs.metrics.faults.limits import LAG_SECONDS
from jobs.models import AsyncRequest, Status

_COLOURS = {
    "pending": "cyan",
    "processing": "blue",
    "retrying": "yellow",
    "completed": "green",
    "failed": "red",
    "cancelled": "dim",
}
_WITH_FAILURES = "yellow"
_BAR_CHARACTERS = 12
_MAX_TITLE = 40
_KEYS = (
    ("↑ ↓", "choose"),
    ("f", "what is listed"),
    ("c", "cancel"),
    ("r", "retry"),
    ("p", "pause or resume the action"),
    ("?", "this help"),
    ("q", "quit"),
)
# The rows of everything but the list of requests, when there is one queue and one action.
_OTHER_ROWS = 12


def draw(board: Board, *, height: int) -> RenderableType:
    """Draw the board for a terminal with ``height`` rows."""
    queues, actions = _queues(board), _actions(board, max(2, height // 5))
    room = max(3, height - _OTHER_ROWS - queues.row_count - actions.row_count)
    footer = Text(board.said) if board.said else Text("? for the keys", style="dim")
    body: list[RenderableType] = [_head(board), "", queues, "", actions, "", _requests(board, room)]
    if board.wants_help:
        body = [_help()]
    return Group(*body, "", footer)


def _head(board: Board) -> Text:
    text = Text("Streamer", style="bold", no_wrap=True, overflow="ellipsis")
    for name, part in board.parts.items():
        text.append("   ● ", style="green" if part["ok"] else "red")
        text.append(name if part["ok"] else f"{name} does not answer")
        if part["ok"] and "alive" in part:
            text.append(f" {part['alive']}")
    return text


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="dim", expand=False)
    table.add_column(first, no_wrap=True, min_width=18)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _queues(board: Board) -> Table:
    table = _table("Queues", "queue", "waiting", "running", "oldest waits", "workers")
    for queue in board.figures.get("queues", ()):
        lag = queue["lag_seconds"]
        style = "red" if lag > LAG_SECONDS else "yellow" if lag > 10 else ""
        workers = "?" if queue["workers"] is None else str(queue["workers"])
        waits = Text(format_duration(lag), style=style)
        label = Text(queue["queue"])
        if queue["paused"]:
            label.append(" paused", style="yellow")
        running = format_count(queue["running"])
        if queue["limit"] is not None:
            running += f" of {format_count(queue['limit'])}"
        table.add_row(label, format_count(queue["waiting"]), running, waits, workers)
    return table


def _actions(board: Board, most: int) -> Table:
    """Draw the actions, or the busiest ones of them."""
    names = ("waiting", "running", "retrying", "completed", "failed")
    table = _table("Actions now, and how their requests of the last hour ended", "action", *names, "run p50", "p95")
    ranked = sorted(board.figures.get("actions", ()), key=lambda one: -one["waiting"] - one["running"] - one["failed"])
    for action in ranked[:most]:
        label = Text(action["action"])
        if action["paused"]:
            label.append(" paused", style="yellow")
        counts = [
            Text(format_count(action[name]), style="red" if name == "failed" and action[name] else "") for name in names
        ]
        times = [action["run_p50_seconds"], action["run_p95_seconds"]]
        table.add_row(label, *counts, *("–" if time is None else format_duration(time) for time in times))
    if len(ranked) > most:
        table.add_row(Text(f"and {len(ranked) - most} more", style="dim"))
    return table


def _requests(board: Board, room: int) -> RenderableType:
    table = _table(f"{VIEWS[board.view]}: {len(board.rows)}", "", "request", "status", "user", "since", "message")
    for column in (1, 2, 3, 5):
        table.columns[column].justify = "left"
    table.columns[0].min_width = _BAR_CHARACTERS
    begin = max(0, min(board.selected - room // 2, len(board.rows) - room))
    for index, row in enumerate(board.rows[begin : begin + room], start=begin):
        style = "reverse" if index == board.selected else ""
        table.add_row(*_cells(board, row), style=style)
    if not board.rows:
        return Group(table, Text("nothing", style="dim"))
    return table


def _cells(board: Board, row: AsyncRequest) -> Iterator[RenderableType]:
    filled = round(row.percentage / 100 * _BAR_CHARACTERS)
    colour = _WITH_FAILURES if row.status == Status.COMPLETED and row.failed_items else _COLOURS[row.status]
    yield Text("━" * filled, style=colour).append("─" * (_BAR_CHARACTERS - filled), style="dim")
    yield escape(row.name[:_MAX_TITLE])
    yield Text(format_status(row.status, row.failed_items), style=colour)
    yield escape(row.user_id[:20])
    since = row.finished_at or row.started_at or row.created_at
    yield format_duration((board.moment - since).total_seconds())
    error = row.error if row.is_final and isinstance(row.error, dict) else {}
    yield escape(str(error.get("message") or row.message or "")[:60])


def _help() -> Panel:
    table = Table(box=None, show_header=False)
    for key, meaning in _KEYS:
        table.add_row(Text(key, style="bold"), meaning)
    return Panel(table, title="Keys", title_align="left", expand=False)
