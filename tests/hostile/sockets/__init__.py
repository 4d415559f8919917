"""Attacks by WebSocket: what frames, messages and handshakes can do."""
