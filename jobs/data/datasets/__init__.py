"""Tables that clients upload or operators register: taken in, made Parquet, kept, deleted."""
