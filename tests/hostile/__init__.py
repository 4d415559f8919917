"""Attacks on real servers, on Daphne and on uvicorn: others notice nothing, memory comes back, no traceback appears."""
