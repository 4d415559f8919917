"""The handlers that the bench adds to a stack."""
