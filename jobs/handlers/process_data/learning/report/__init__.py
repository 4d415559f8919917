"""The page about a model: its data, its scores beside a baseline, and charts."""
