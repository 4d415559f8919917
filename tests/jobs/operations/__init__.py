"""Tests of what operators do to requests."""
