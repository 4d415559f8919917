"""All checks in order, each with its remedy where one is wanted."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import redis
from django.utils.module_loading import autodiscover_modules

from jobs.doctor import clocks, files, log, pooler, rings, rows, waiting
from jobs.doctor.check import NOTHING, Check, Diagnosis, Found, NotExamined
from jobs.doctor.scope import Scope
from jobs.files.storage import StorageAway

_registered: list[Check] = []


def register_checks(checks: Iterable[Check]) -> None:
    """Have the doctor make these checks too. Called by the module ``doctor_checks`` of an app, while it is imported."""
    _registered.extend(checks)


def all_checks(*, deep: bool = False) -> tuple[Check, ...]:
    """List the checks of jobs and of the other installed apps. ``deep``: of the whole history, and of files' bytes."""
    autodiscover_modules("doctor_checks")
    scope = Scope(deep=deep)
    return (
        *log.checks(scope),
        *rows.checks(scope),
        *waiting.CHECKS,
        *files.checks(scope),
        *rings.CHECKS,
        *_registered,
        *clocks.CHECKS,
        *pooler.CHECKS,
    )


def examine(checks: Sequence[Check], *, fix: bool = False) -> list[Diagnosis]:
    """Make every check and yield its diagnosis. With ``fix``, apply its remedy, if any, and check again.

    Raises ``django.db.Error`` when the database does not answer.
    """
    return [_mended(check) if fix else _diagnosed(check) for check in checks]


def _diagnosed(check: Check) -> Diagnosis:
    try:
        return Diagnosis(check=check, found=check.look())
    except NotExamined as reason:
        return Diagnosis(check=check, found=NOTHING, not_examined=str(reason))
    except StorageAway as error:
        if check.name == "storage":
            return Diagnosis(check=check, found=Found(count=1, examples=(str(error),)))
        return Diagnosis(check=check, found=NOTHING, not_examined="the file storage does not answer")
    except (redis.RedisError, OSError) as error:
        # A part that does not answer is a fault of its own, reported once: by the check "redis", or here.
        if check.name == "redis" or not isinstance(error, redis.RedisError):
            return Diagnosis(check=check, found=Found(count=1, examples=(f"{type(error).__name__}: {error}",)))
        return Diagnosis(check=check, found=NOTHING, not_examined="Redis does not answer")


def _mended(check: Check) -> Diagnosis:
    diagnosis = _diagnosed(check)
    if not diagnosis.is_ill or check.remedy is None:
        return diagnosis
    try:
        done = check.remedy()
    except (redis.RedisError, OSError) as error:
        return replace(diagnosis, not_examined=f"the remedy failed: {error}")
    return replace(_diagnosed(check), done=done)
