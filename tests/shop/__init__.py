"""A small application with rows of several tenants, to be changed in bulk."""
