"""The pipelines that learn: classification, regression, clustering, anomaly."""
