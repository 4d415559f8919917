"""The parts of lists that cost the same however long the lists are."""
