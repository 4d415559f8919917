"""Tables that clients upload or operators register: read, converted to Parquet, stored, deleted."""
