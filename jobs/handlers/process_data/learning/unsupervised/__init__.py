"""Unsupervised learning: clustering and anomaly detection, which need no target."""
