"""Attacks by HTTP: heads, bodies, uploads and sign-ins."""
