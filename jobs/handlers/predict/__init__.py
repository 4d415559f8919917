"""Predict rows with a model that an earlier request fitted.

Importing the package is cheap: pandas, scikit-learn and pyarrow are imported inside ``run``, in workers only.
"""

from typing import Any

from jobs.handler import Context, Handler, join_title, name_source
from jobs.handlers.predict.payload import PredictPayload
from jobs.handlers.predict.result_model import PredictResult


class Predict(Handler[PredictPayload]):
    """Predict with a model that process_data saved: classes, numbers, clusters or anomalies."""

    action = "predict"
    group = "Data"
    result_model = PredictResult
    estimated_seconds = 10.0
    permission = "data.process"
    preload = ("jobs.handlers.predict.prediction",)

    def title(self, payload: PredictPayload) -> str:
        return join_title("Predict", name_source(payload.data_source), f"model {str(payload.model)[:8]}")

    def run(self, payload: PredictPayload, context: Context) -> dict[str, Any]:
        # scikit-learn and pandas take 150 MB, which a web process does without.
        from jobs.handlers.predict.prediction import predict  # noqa: PLC0415

        return predict(payload, context)
