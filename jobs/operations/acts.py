"""Acts of operators on many requests: begun once, then carried on in short steps by whoever has the lease.

An act is a row with a place in its selection. The request that begins it takes the first step, and the sweeper those
that are left. So it survives a closed page and a lost process, keeps no caller waiting, and needs no free worker: to
cancel what keeps all workers busy is what such an act is often for. A command takes all steps itself.
"""

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from jobs.models import OperatorAct
from jobs.operations.selection import Place, Selection
from jobs.operations.tally import Tally
from jobs.operations.verbs import VERBS, Verb

logger = logging.getLogger(__name__)

SLICE: Final = 100
"""The most requests of one step."""
READ: Final = 2_000
"""The most rows that one step reads for those that meet the selection."""
LEASE: Final = timedelta(seconds=60)
MAX_MADE: Final = 20
Witness = Callable[[OperatorAct, Tally], None]
WITNESSES: Final[list[Witness]] = []
"""Called after each step, in its transaction if it has one."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The person or program that acts."""

    name: str
    via: str = OperatorAct.Via.ADMIN
    key: str = ""
    """The key of the admin's user."""


class LeaseLost(Exception):
    """Another process carries the act on."""


def begin(
    verb: Verb,
    selection: Selection,
    actor: Actor,
    *,
    argument: int | None = None,
    total: int | None = None,
    is_total_least: bool = False,
) -> OperatorAct:
    """Store an act that is about to be done to the requests of ``selection`` that were created by now.

    Those that are created later are left out, or an act that runs requests again would not end.
    """
    now = timezone.now()
    if selection.ids is None and (selection.until is None or selection.until > now):
        selection = Selection.of_json({**selection.as_json(), "until": now.isoformat()})
    return OperatorAct.objects.create(
        verb=verb.name,
        via=actor.via,
        actor=actor.name[:255],
        actor_key=actor.key,
        target=selection.words()[:500],
        selection=selection.as_json(),
        argument=argument,
        total=total,
        is_total_least=is_total_least,
        begun_at=now,
    )


def carry_on(act_id: uuid.UUID, seconds: float = float("inf")) -> Iterator[Tally]:
    """Take steps for about ``seconds``, at least one, and yield what came of each. The last one finishes the act.

    Yields nothing when the act has ended, or another process has its lease.
    """
    token = uuid.uuid4()
    if not _claim(act_id, token):
        return
    ends_at = time.monotonic() + seconds
    try:
        while True:
            act = OperatorAct.objects.get(id=act_id)
            tally = _step(act, token)
            if tally is None:
                return
            yield tally
            if time.monotonic() >= ends_at:
                return
    except LeaseLost:
        logger.warning("The act %s is carried on by another process", act_id)
    finally:
        OperatorAct.objects.filter(id=act_id, lease_token=token).update(lease_until=None, lease_token=None)


def stop(act_id: uuid.UUID) -> bool:
    """End an act before it has reached all. Return False when it has ended."""
    going = OperatorAct.objects.filter(id=act_id, finished_at=None)
    return bool(going.update(finished_at=timezone.now(), is_stopped=True))


def carry_on_all(now: datetime, seconds: float = 1.0) -> int:
    """Carry on the acts of the admin, for about ``seconds``, and end those of commands that died. Return the steps.

    What a command did not finish stays undone: whoever typed it saw it break off.
    """
    going = OperatorAct.objects.filter(finished_at=None)
    dead = going.filter(_is_free(now), via=OperatorAct.Via.COMMAND, begun_at__lt=now - LEASE)
    steps = dead.update(finished_at=now, is_stopped=True)
    free = going.filter(_is_free(now), via=OperatorAct.Via.ADMIN).order_by("begun_at")
    for act_id in list(free.values_list("id", flat=True)[:5]):
        steps += _carry_on_one(act_id, seconds / 2)
    return steps


def _carry_on_one(act_id: uuid.UUID, seconds: float) -> int:
    try:
        return sum(1 for _ in carry_on(act_id, seconds))
    except DatabaseError:
        raise  # the next sweep tries it again
    except Exception:
        logger.exception("The act %s failed and is stopped", act_id)
        stop(act_id)
        return 1


def selection_of(act: OperatorAct) -> Selection:
    return Selection.of_json(act.selection)


# --- one step --------------------------------------------------------------------------------------------------------


def _step(act: OperatorAct, token: uuid.UUID) -> Tally | None:
    """Do it to the next requests. Return None when the act has ended."""
    if act.finished_at is not None:
        return None
    verb, selection = VERBS[act.verb], selection_of(act)
    # Those that are named are told one by one what became of them; a filter leaves out what it does not fit.
    ids, place, is_last = _next_named(act, selection) if selection.ids is not None else _next(act, selection, verb)
    if not verb.is_atomic:
        return _do(act, token, verb, ids, place, is_last)
    with transaction.atomic():
        return _do(act, token, verb, ids, place, is_last)


def _do(act: OperatorAct, token: uuid.UUID, verb: Verb, ids: list[uuid.UUID], place: Any, is_last: bool) -> Tally:
    tally = verb.do(ids, act.argument)
    counts = Counter(act.counts) + tally.counts
    changes: dict[str, Any] = {
        "counts": dict(counts),
        "made": [*act.made, *map(str, tally.made)][:MAX_MADE],
        "place": place,
        "lease_until": timezone.now() + LEASE,
    }
    if is_last:
        changes["finished_at"] = timezone.now()
    if not OperatorAct.objects.filter(id=act.id, lease_token=token).update(**changes):
        raise LeaseLost
    for witness in WITNESSES:
        witness(act, tally)
    return tally


def _next_named(act: OperatorAct, selection: Selection) -> tuple[list[uuid.UUID], Any, bool]:
    ids, begin_at = list(selection.ids or ()), int(act.place or 0)
    end = begin_at + SLICE
    return ids[begin_at:end], end, end >= len(ids)


def _next(act: OperatorAct, selection: Selection, verb: Verb) -> tuple[list[uuid.UUID], Any, bool]:
    size = SLICE if selection.is_indexed else READ
    page = next(selection.pages(verb.statuses, _read_place(act.place), size), None)
    if page is None:
        return [], act.place, True
    if len(page.ids) <= SLICE:
        return list(page.ids), _written(page.end), page.read < size
    # More than one step's work: the next one begins after the last of these.
    ids = list(page.ids[:SLICE])
    return ids, _written(page.places[ids[-1]]), False


def _written(place: Place) -> list[str]:
    return [place[0].isoformat(), str(place[1])]


def _read_place(stored: Any) -> Place | None:
    if stored is None:
        return None
    moment = parse_datetime(stored[0])
    assert moment is not None
    return moment, uuid.UUID(stored[1])


def _claim(act_id: uuid.UUID, token: uuid.UUID) -> bool:
    now = timezone.now()
    free = OperatorAct.objects.filter(_is_free(now), id=act_id, finished_at=None)
    return bool(free.update(lease_until=now + LEASE, lease_token=token))


def _is_free(now: datetime) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now)
