"""Make the report about a classification."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from jobs.handlers.process_data.learning.report import charts, sentences
from jobs.handlers.process_data.learning.report.metrics import list_metrics
from jobs.handlers.process_data.learning.report.parts import Chart, Report
from jobs.handlers.process_data.learning.report.verdicts import judge_balanced_classes, judge_classes
from jobs.handlers.process_data.learning.supervised import classification_charts as draw
from jobs.handlers.process_data.learning.supervised.facts import facts_of
from jobs.handlers.process_data.learning.supervised.objective import Objective
from jobs.handlers.process_data.learning.supervised.training import TrainingResult

_METRICS = {
    "accuracy": ("Accuracy", "share of rows that are right"),
    "balanced_accuracy": ("Balanced accuracy", "mean of that share over the classes"),
    "precision": ("Precision (weighted)", "of rows given a class, the share that have it"),
    "recall": ("Recall (weighted)", "of rows of a class, the share that were given it"),
    "f1": ("F1 (weighted)", "precision and recall in one"),
    "f1_macro": ("F1 (mean of classes)", "the same, where each class counts alike"),
    "average_precision": ("Average precision", "precision over all thresholds"),
    "roc_auc": ("ROC AUC", "order by probability; 0.5 is chance, 1 is perfect"),
    "log_loss": ("Log loss", "error of the probabilities; lower is better"),
}


def classification_report(
    fitted: TrainingResult,
    objective: Objective,
    metrics: dict[str, Any],
    baseline: dict[str, Any],
    details: dict[str, Any],
    notes: Sequence[str],
    *,
    seed: int,
) -> Report:
    model = fitted.model
    measure = _METRICS[objective.metric][0]
    measure = measure if measure.startswith("F1") else measure.lower()
    counts = np.array(details["confusion"]["counts"])
    facts = facts_of(fitted, seed=seed)
    facts.insert(3, ("Classes", f"{len(model.classes):,}"))
    if "uncertain" in metrics:
        facts.append(("Uncertain", f"{metrics['uncertain']:,} rows"))
    return Report(
        title=f"Classification of {model.target}",
        subtitle=f"{model.name.capitalize()}, the best of {len(fitted.validations)} models in cross-validation",
        verdict=_verdict(fitted, objective, metrics, baseline),
        facts=facts,
        warnings=[
            *notes,
            *sentences.warn_of_one_column(fitted.importances, metrics[objective.metric], fitted.leaks),
            *(sentences.warn_of_imbalance(details["classes"], objective.rarest) if objective.is_imbalanced else []),
            *sentences.warn_of_few_rows(len(fitted.training), len(fitted.test)),
            *sentences.warn_of_chance(metrics["accuracy"], baseline["accuracy"], len(fitted.test)),
            *sentences.warn_of_dropped(fitted.dropped, str(model.target)),
        ],
        findings=[
            sentences.say_importances(fitted.importances, measure),
            objective.sentence,
            *sentences.say_left_out(details["left_out"]),
        ],
        metrics=list_metrics(_METRICS, metrics, baseline, fitted.best.scores),
        baseline="Of the test part, which the model has not seen. The baseline always answers the commonest class, "
        "with the shares of the classes as probabilities.",
        parts=[
            draw.confusion(counts, model.classes),
            charts.importances(fitted.importances, measure),
            # With few rows of a class, a ROC curve looks good even where most rows called so are of another.
            draw.precision(fitted) if objective.is_imbalanced else draw.roc(fitted),
            Chart(
                title="Confidence of predictions",
                reading="The further right, the surer the model was. Wrong answers should stand at the left."
                + ("" if model.confidence_threshold is None else " Left of the dashed line they are uncertain."),
                draw=draw.confidence(fitted),
            ),
        ],
    )


def _verdict(fitted: TrainingResult, objective: Objective, metrics: dict[str, Any], baseline: dict[str, Any]) -> str:
    if fitted.model.class_weights is not None:
        return judge_balanced_classes(metrics["balanced_accuracy"], baseline["balanced_accuracy"])
    return judge_classes(
        metrics["accuracy"],
        baseline["accuracy"],
        rows=len(fitted.test),
        commonest=fitted.model.classes[int(fitted.baseline_predicted[0].argmax())],
        ranking=(metrics["average_precision"], baseline["average_precision"])
        if objective.is_imbalanced
        else (None, None),
    )
