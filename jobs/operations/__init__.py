"""The acts of operators on requests, from the admin and from commands: the selection, the verbs, the record."""
