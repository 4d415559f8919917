"""Save and load models with skops, which unlike a pickle runs no code of the file's author.

The file is skops' zip of ``{"format", "facts", "pipeline"}``; facts are JSON. A file is loaded only if every type in
it is one that our own models are made of, and if its trees are sound.
"""

import hashlib
import json
import zipfile
from importlib.metadata import version
from io import BytesIO
from typing import Any, BinaryIO

from skops import io as skops_io

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.features.columns import Column
from jobs.handlers.process_data.learning.models.archive import with_stable_bytes
from jobs.handlers.process_data.learning.models.calibration import Calibration
from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.models.soundness import is_sound
from jobs.handlers.process_data.learning.models.trusted_types import OURS, UNTRUSTED_BY_SKOPS, types_in

FORMAT, FORMAT_VERSION = "streamer-model", 2
_READABLE = (1, 2)
"""Models of format 1 have no calibration."""
MEDIA_TYPE = "application/vnd.streamer.model"
_LIBRARIES = ("scikit-learn", "numpy", "skops", "scipy", "pandas")
_MAX_BYTES = 2 * 1024**3
"""Unpacked. A small zip can unpack to any size."""
_BROKEN = "This file is not a model of this service, or it was changed"


def dump_model(model: Model) -> bytes:
    """Return the file. Equal models give equal bytes."""
    content = {"format": FORMAT, "facts": json.dumps(_facts(model)), "pipeline": model.pipeline}
    return with_stable_bytes(bytes(skops_io.dumps(content)))


def model_version(model: Model) -> str:
    """Return a version that is equal for equal models: the first characters of a hash over its facts."""
    facts = json.dumps(_facts(model), sort_keys=True)
    return f"{FORMAT_VERSION}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"


def load_model(file: BinaryIO) -> Model:
    """Load a model. Raises ``Permanent`` for anything but a model of this service and these library versions."""
    data = file.read()
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MAX_BYTES or archive.testzip() is not None:
                raise Permanent(_BROKEN)
            foreign = types_in(archive) - OURS
        if foreign or set(skops_io.get_untrusted_types(data=data)) - UNTRUSTED_BY_SKOPS:
            raise Permanent(_BROKEN)
        content = skops_io.loads(data, trusted=sorted(UNTRUSTED_BY_SKOPS))
        if content["format"] != FORMAT:
            raise Permanent(_BROKEN)
        facts = json.loads(content["facts"])
        _require_version(facts)
        model = _model(facts, content["pipeline"])
    except Permanent:
        raise
    except Exception:
        # The error depends on how the file was changed, so its text tells the user nothing.
        raise Permanent(_BROKEN) from None
    if not is_sound(model.pipeline):
        raise Permanent(_BROKEN)
    return model


def _facts(model: Model) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "task": model.task,
        "name": model.name,
        "columns": [column.as_json() for column in model.columns],
        "target": model.target,
        "classes": list(model.classes),
        "calibration": None if model.calibration is None else model.calibration.as_json(),
        "class_weights": None if model.class_weights is None else list(model.class_weights),
        "confidence_threshold": model.confidence_threshold,
        "score_threshold": model.score_threshold,
        "interval": model.interval,
        "metrics": model.metrics,
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def _require_version(facts: dict[str, Any]) -> None:
    """Raise ``Permanent`` for another format or scikit-learn: its estimators might load and predict something else."""
    if facts["format_version"] not in _READABLE:
        raise Permanent(f"This model is of format {facts['format_version']}; this service reads up to {FORMAT_VERSION}")
    theirs, ours = facts["libraries"]["scikit-learn"], version("scikit-learn")
    if theirs.split(".")[:2] != ours.split(".")[:2]:
        raise Permanent(f"This model was made with scikit-learn {theirs}; this service has {ours}. Learn it again")


def _model(facts: dict[str, Any], pipeline: Any) -> Model:
    classes = len(facts["classes"])
    calibration, weights = facts.get("calibration"), facts.get("class_weights")
    if weights is not None and len(weights) != classes:
        raise Permanent(_BROKEN)
    return Model(
        task=facts["task"],
        name=facts["name"],
        pipeline=pipeline,
        columns=tuple(map(Column.from_json, facts["columns"])),
        target=facts["target"],
        classes=tuple(facts["classes"]),
        calibration=None if calibration is None else Calibration.from_json(calibration, classes),
        class_weights=None if weights is None else tuple(map(float, weights)),
        confidence_threshold=facts["confidence_threshold"],
        score_threshold=facts["score_threshold"],
        interval=facts["interval"],
        metrics=facts["metrics"],
    )
