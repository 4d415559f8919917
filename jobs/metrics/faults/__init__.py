"""The faults of the service: the overview, ``streamer_stats``, ``/readyz`` and the metrics all ask here."""
