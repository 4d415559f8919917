"""Delete what is stored: finished requests, or all about one user or tenant."""
