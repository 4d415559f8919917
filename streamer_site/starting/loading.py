"""The start of every process of this site: the apps are loaded, and what is wrong with them ends the process."""

import django
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from jobs.conf.checks import TAG, line_of
from jobs.contract.discovery.importing import cause_of
from streamer_site.starting.refusal import refuse


def set_up() -> None:
    """Load Django's apps. A fault of one, such as an unknown name in ``STREAMER_APPS``, ends the process."""
    try:
        django.setup()
    except (ImportError, SyntaxError, ImproperlyConfigured) as error:
        refuse([f"The Django apps cannot be loaded: {cause_of(error)}. Correct STREAMER_APPS, or the app it names."])


def refuse_faults(*, of_django: bool = False) -> None:
    """End the process with a line for each fault of settings and handlers, if there is any.

    ``of_django``: look for faults of all other apps too, as servers must, for which Django does not.
    """
    messages = run_checks(tags=None if of_django else [TAG])
    if faults := [message for message in messages if message.is_serious()]:
        refuse(dict.fromkeys(line_of(message) for message in faults))
