"""Define one fit of clusters."""

from dataclasses import dataclass
from typing import Any

from jobs.handlers.process_data.learning.scores import Scores


@dataclass(frozen=True, kw_only=True)
class ClusterFit:
    """The fit for one number of clusters."""

    clusters: int
    estimator: Any
    scores: Scores

    @property
    def silhouette(self) -> float:
        found = self.scores["silhouette"]
        return -1.0 if found is None else found
