"""One page about a model: what was learned from, how good it is beside a baseline, and pictures of it."""
