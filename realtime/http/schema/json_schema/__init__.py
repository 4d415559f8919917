"""JSON Schemas of structs and of payloads, with the descriptions that the code has."""
