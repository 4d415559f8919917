"""Titles: short texts that tell the requests of a user apart."""
