"""One tenant that floods a stack, and another that goes on with its work."""
