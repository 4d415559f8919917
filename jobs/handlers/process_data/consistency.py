"""Check that the options belong to the pipeline.

The check reads the payload as it was sent, so that its faults are reported together with all others.
"""

from collections.abc import Mapping
from typing import Any

from jobs.handler import Fault
from jobs.handlers.process_data.payload import Options, Pipeline

_SUPERVISED = {"target", "features", "test_size", "seed", "max_iterations"}
USED: dict[Pipeline, set[str]] = {
    "classification": _SUPERVISED | {"confidence_threshold", "optimise", "rare"},
    "regression": _SUPERVISED,
    "clustering": {"features", "seed", "n_clusters", "max_iterations", "confidence_threshold"},
    "anomaly": {"features", "seed", "contamination", "label", "max_iterations"},
    "transformation": {"operations"},
}
NEEDED: dict[Pipeline, str] = {"classification": "target", "regression": "target", "transformation": "operations"}


def inconsistencies(payload: Mapping[str, Any]) -> list[Fault]:
    """Return the faults between the pipeline and its options. An option that is null counts as not given."""
    pipeline, options = payload.get("pipeline"), payload.get("options", {})
    if not isinstance(pipeline, str) or pipeline not in USED or not isinstance(options, Mapping):
        return []  # reported by the model
    given = {name: value for name, value in options.items() if value is not None and name in Options.model_fields}
    faults: list[Fault] = []
    needed = NEEDED.get(pipeline)
    if needed and needed not in given:
        faults.append(_fault(needed, f"the pipeline '{pipeline}' needs it", "missing"))
    for name in given:
        if name not in USED[pipeline]:
            users = ", ".join(user for user, used in USED.items() if name in used)
            faults.append(
                _fault(name, f"the pipeline '{pipeline}' does not use it; it is for: {users}", "unused_option")
            )
    features = given.get("features")
    for name in ("target", "label"):
        if isinstance(features, list) and name in given and given[name] in features:
            faults.append(
                _fault("features", f"'{given[name]}' is the {name}; it cannot be a feature too", "value_error")
            )
    return faults


def _fault(option: str, message: str, kind: str) -> Fault:
    return {"path": f"options.{option}", "message": message, "type": kind}
