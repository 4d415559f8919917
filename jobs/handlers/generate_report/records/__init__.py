"""Records of a report: read from its sources, filtered, and streamed to the formats."""
