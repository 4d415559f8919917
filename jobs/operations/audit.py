"""The record of what commands do: the same rows as of acts in the admin, with the user and the host of the process."""

import getpass
import logging
import os
import socket
from typing import Any

from django.db import Error as DatabaseError
from django.utils import timezone

from jobs.models import OperatorAct
from jobs.operations.acts import Actor

logger = logging.getLogger(__name__)


def command_actor() -> Actor:
    """Return the user of the operating system that runs this process, and its host: ``anna@web-1``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        user = f"uid {os.getuid()}"
    return Actor(name=f"{user}@{socket.gethostname()}", via=OperatorAct.Via.COMMAND)


def record(verb: str, target: str, detail: str = "", *, actor: Actor | None = None, counts: Any = None) -> None:
    """Record an act that was done. ``actor`` is by default whoever runs this command.

    A database that does not answer keeps no act from being done: then the record is in the log alone.
    """
    actor = actor or command_actor()
    now = timezone.now()
    logger.info("%s: %s of %s %s", actor.name, verb, target, detail, extra={"verb": verb, "actor": actor.name})
    try:
        OperatorAct.objects.create(
            verb=verb[:32],
            via=actor.via,
            actor=actor.name[:255],
            actor_key=actor.key,
            target=target[:500],
            detail=detail[:255],
            counts=dict(counts or {}),
            begun_at=now,
            finished_at=now,
        )
    except DatabaseError as error:
        logger.warning("The act cannot be recorded: %s", error)
