"""The sample data: a source of generated orders, for the demo and for trying things out."""
