"""The report about a model: cover, verdict, cautions, scores beside a baseline, charts and tables."""
