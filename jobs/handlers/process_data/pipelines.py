"""Run a pipeline: a transformation in DuckDB, or one that learns from a data frame."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jobs.handler import Context, Fault, InvalidPayload, OpenTable, Permanent
from jobs.handlers.process_data.faults import unknown_column
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.output.names import Names
from jobs.handlers.process_data.output.outcome import Outcome, outcome_of_table
from jobs.handlers.process_data.payload import Options, ProcessPayload
from jobs.handlers.process_data.stages import Progress, Stage
from jobs.handlers.process_data.transformation.missing_values import count_missing
from jobs.handlers.process_data.transformation.run import dry_run, transform

if TYPE_CHECKING:
    from jobs.handlers.process_data.learning.result import LearningResult

_OPERATIONS = "options.operations"
_CHUNK_BYTES = 4 * 1024 * 1024
StoreFiles = Callable[[Context, Progress, Names], dict[str, dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class PipelineResult:
    """The outcome of a pipeline, ready to be written."""

    outcome: Outcome
    dropped: int
    figures: Mapping[str, Any]
    """Entries of the summary that only this pipeline has."""
    notes: Sequence[str] = ()
    """Sentences for people about what they might overlook."""
    store_files: StoreFiles = lambda context, progress, names: {}
    """Stores the files beside the output; returns what each file is → its description."""


def run_pipeline(table: OpenTable, payload: ProcessPayload, progress: Progress) -> PipelineResult:
    """Run the pipeline. Raises ``InvalidPayload`` if the payload does not fit the rows."""
    if not table.columns:
        raise Permanent("The data has no columns.")
    return (_transform if payload.pipeline == "transformation" else _learn)(table, payload, progress)


def _transform(table: OpenTable, payload: ProcessPayload, progress: Progress) -> PipelineResult:
    dry_run(table, payload.operations, path=_OPERATIONS)
    missing = count_missing(table, progress)
    transformed = transform(table, payload.operations, progress, path=_OPERATIONS)
    working = transformed.working
    return PipelineResult(
        outcome=outcome_of_table(table, working.name, list(working.columns.values()), working.rows),
        dropped=transformed.dropped,
        figures={"missing": missing, "operations": [step.describe() for step in transformed.done]},
    )


def _learn(table: OpenTable, payload: ProcessPayload, progress: Progress) -> PipelineResult:
    # scikit-learn is the heaviest of all, and a transformation does not need it.
    from jobs.handlers.process_data.learning.run import learn  # noqa: PLC0415
    from jobs.handlers.process_data.output.predictions import outcome_of_predictions  # noqa: PLC0415
    from jobs.handlers.process_data.reading.sampling import sample_rows  # noqa: PLC0415

    _require_columns(payload.options, list(table.columns))
    options = _learning_options(payload.options)
    sample = sample_rows(table, payload.pipeline, options, progress)
    learned = learn(sample.frame, payload.pipeline, options, progress)
    outcome = outcome_of_predictions(table, sample, learned)
    if sample.positions is not None:
        for one in learned.details.get("strangest", ()):  # counted within the sample
            one["row"] = int(sample.positions[one["row"]])
    return PipelineResult(
        outcome=outcome,
        dropped=table.rows - outcome.rows,
        figures={
            "learned_records": len(learned.rows),
            "model": learned.model.name,
            "model_version": learned.model_version,
            "metrics": learned.metrics,
            "baseline": learned.baseline,
            "seed": options.seed,
            "details": learned.details,
        },
        # Those of the sample count the classes of the whole table.
        notes=[*(sample.notes or learned.target_notes), *learned.notes],
        store_files=lambda context, progress, names: _store_files(learned, context, progress, names),
    )


def _require_columns(options: Options, columns: list[str]) -> None:
    named = [("options.target", options.target), ("options.label", options.label)]
    named += [(f"options.features[{at}]", name) for at, name in enumerate(options.features or ())]
    faults: list[Fault] = [
        {"path": path, "message": unknown_column(name, columns), "type": "value_error"}
        for path, name in named
        if name is not None and name not in columns
    ]
    if faults:
        raise InvalidPayload(faults)


def _learning_options(options: Options) -> LearningOptions:
    """Return the options that were given; all others keep the defaults of learning."""
    given: dict[str, Any] = options.model_dump(exclude_none=True, exclude={"operations"})
    if options.features is not None:
        given["features"] = tuple(options.features)
    return LearningOptions(**given)


def _store_files(
    learned: "LearningResult", context: Context, progress: Progress, names: Names
) -> dict[str, dict[str, Any]]:
    # As late as the learning itself: it needs matplotlib.
    from jobs.handlers.process_data.learning.report.parts import Cover  # noqa: PLC0415

    stored = {}
    if learned.model_bytes is not None:
        with context.save_artifact(names.model, "application/octet-stream") as artifact:
            artifact.file.write(learned.model_bytes)
        stored["model"] = artifact.describe()
        progress.report(Stage.STORING, 1, 2, "Stored the model")
    path = context.scratch_dir / "report.pdf"
    cover = Cover(
        data=names.data, generated_at=datetime.now(UTC), request_id=str(context.request_id), units=names.units
    )
    learned.report_pdf(path, cover)
    with context.save_artifact(names.report, "application/pdf") as artifact, path.open("rb") as file:
        shutil.copyfileobj(file, artifact.file, _CHUNK_BYTES)
    stored["report"] = artifact.describe()
    return stored
