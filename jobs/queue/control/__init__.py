"""The orders of operators to a running service: limits in place of the usual ones, and workers that leave."""
