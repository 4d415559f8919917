"""The declarations of all variables that Streamer's own settings read: those of jobs, and these.

places   where things are: database, Redis, files
web      the pages, and who is let in
tokens   tokens and sign-ins
limits   what clients may do at once, and how often
"""

from dataclasses import replace
from typing import Any, Final

from jobs import conf
from jobs.conf.declared import QUEUES
from jobs.conf.setting import Setting
from streamer_site.declared import limits, places, tokens, web

_QUEUES = replace(QUEUES, may_be_empty=False)
OF_SITE: Final[tuple[Setting, ...]] = (*places.DECLARED, *web.DECLARED, *tokens.DECLARED, *limits.DECLARED)
# This site has queues, and a source that it makes itself.
_CHANGED: dict[str, dict[str, Any]] = {
    "STREAMER_QUEUES": {"kind": _QUEUES, "default": ["default", "reports", "ml", "bulk"]},
    "STREAMER_DEFAULT_SOURCE": {"default": "sample"},
}
DECLARED: Final[tuple[Setting, ...]] = (
    *OF_SITE,
    *(replace(one, **_CHANGED.get(one.name, {})) for one in conf.DECLARED),
)
