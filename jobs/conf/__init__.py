"""The settings that jobs reads: each is declared once, and ``complete`` gives a project those that it leaves out.

kinds        the kinds of values, such as numbers and URLs: how each is read, and what is expected, in words
faults       a wrong value as one line for people
setting      a declaration: name, kind, default, whether it is secret
declared     the declarations, with the value of each in a project that does not set it
completion   the values that a project left out
checks       the same, as system checks of any Django project

``docs/reference/settings.md`` explains every setting.
"""

from jobs.conf.completion import SAMPLE_FOLDER, SCRATCH_FOLDER, complete
from jobs.conf.declared import DECLARED, SWEEP_RULES

__all__ = ["DECLARED", "SAMPLE_FOLDER", "SCRATCH_FOLDER", "SWEEP_RULES", "complete"]
