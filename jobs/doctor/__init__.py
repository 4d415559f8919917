"""The doctor: looks at what is stored and reports what is inconsistent.

check         what a check is, and what it finds
scope         what an examination looks at: all that goes on, and the latest of what has ended
log           the events of a request: numbers, the final one, the order of attempts
rows          a request's row: what each status must have, and must not
waiting       requests that nobody will run
files         artifacts, files that belong to nothing, scratch folders
rings         Redis: wake-ups and RQ's registries
clocks        the time of this host beside that of the database
pooler        what a pooler before the database needs
sweeping      the sweeper's sign of life, and its rules as remedies
examination   all of it, in order, with or without remedies; other apps register checks of their own

Every check is one statement, or reads in an order in which a healthy system never looks ill. So the doctor may
examine a system under load.
"""

from jobs.doctor.check import Check, Diagnosis, Found
from jobs.doctor.examination import all_checks, examine, register_checks

__all__ = ["Check", "Diagnosis", "Found", "all_checks", "examine", "register_checks"]
