"""Predict rows with a model that an earlier request fitted.

Importing the package is cheap: pandas, scikit-learn and pyarrow are imported inside ``run``, in workers only.
"""

from typing import Any

from jobs.handler import Context, Handler
from jobs.handlers.predict.payload import PredictPayload


class Predict(Handler[PredictPayload]):
    """Predict with a model that process_data saved: classes, numbers, clusters or anomalies."""

    action = "predict"
    estimated_seconds = 10.0
    permission = "data.process"
    preload = ("jobs.handlers.predict.prediction",)

    def run(self, payload: PredictPayload, context: Context) -> dict[str, Any]:
        # scikit-learn and pandas take 150 MB, which a web process does without.
        from jobs.handlers.predict.prediction import predict  # noqa: PLC0415

        return predict(payload, context)
