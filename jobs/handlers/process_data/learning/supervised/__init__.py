"""Supervised learning: classification and regression, which predict a target."""
