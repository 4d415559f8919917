"""An action that looks into the process that runs it."""

import gc
from collections import Counter
from collections.abc import Mapping
from typing import Any

from jobs.handler import Context, Handler, Payload


class ObjectsPayload(Payload):
    types: list[str]
    collect: bool


class Objects(Handler[ObjectsPayload]):
    """Count the objects of some types in the web process, and switch its garbage collector on or off."""

    action = "zoo_objects"
    estimated_seconds = 0.1

    def run(self, payload: ObjectsPayload, context: Context) -> Mapping[str, Any]:
        if payload.collect:
            gc.enable()
        else:
            gc.disable()
        found = Counter(type(one).__name__ for one in gc.get_objects())
        return {"objects": sum(found[name] for name in payload.types)}
