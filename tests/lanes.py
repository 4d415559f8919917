"""Shares the tests of whole stacks out among the lanes of `-n 3 --dist loadgroup`.

They wait more than they work, so that lanes side by side take little from each other. A part of them stays in one lane,
in its order, and no shared stack is started twice. What starts a stack of its own is a part by itself: small parts fill
up the lanes. Those of a second come last, or a lane would end alone with one of a minute.
"""

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# Those beside which an ordinary user is timed: two at once would measure each other, not the server.
_TIMED_ATTACKS = ("tests/hostile/sockets/", "tests/hostile/http/test_uploads.py")
_STARTS_ITS_OWN = ("tests/acceptance/test_outside_package.py", "tests/browser/test_quickstart.py")
_CLIENTS = "tests/acceptance/clients/"
_KILLS = (
    "tests/acceptance/clients/test_restarts.py",
    "tests/acceptance/connections/test_topics.py",
    "tests/acceptance/failures/",
    "tests/acceptance/requests/test_bulk.py",
    "tests/acceptance/requests/test_bulk_endings.py",
    "tests/acceptance/requests/test_cancel.py::test_one_that_does_not_listen",
)
# Of these folders, the parts that start stacks. The others start none, or one process.
_SHORT = ("tests/chaos/", "tests/local/")
_STARTS_STACKS = (
    "tests/chaos/tests/test_lossy_layer.py",
    "tests/chaos/tests/test_matrix.py",
    "tests/chaos/tests/test_rolling.py",
    "tests/chaos/tests/test_sabotage.py",
    "tests/local/demo/test_demo.py",
    "tests/local/stack/test_stack.py",
    "tests/local/test_up.py",
)


class Lanes(LoadScopeScheduling):
    """Schedules a part at a time. (Marks for groups have no effect with this pytest.)"""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=is_short), last=False)
        super()._assign_work_unit(node)


def is_short(part: str) -> bool:
    """Return True for a part that takes a second or few, and so waits for the end of the longer ones."""
    return part.startswith(_SHORT) and part not in _STARTS_STACKS


def part_of(nodeid: str) -> str:
    """Return the part of the tests to which one belongs."""
    if nodeid.startswith(_TIMED_ATTACKS):
        return "timed attacks"
    if nodeid.startswith("tests/hostile/"):
        return "attacks"
    if nodeid.startswith(_STARTS_ITS_OWN) or not nodeid.startswith(("tests/acceptance/", "tests/browser/")):
        return nodeid.partition("::")[0]
    if nodeid.startswith(_KILLS) and "[live_stack]" not in nodeid:
        return "stack that is killed"
    # Long enough for a lane, and for the start of one more stack.
    return "stack of the clients" if nodeid.startswith(_CLIENTS) else "shared stack"
