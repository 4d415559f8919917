"""uvicorn: what it needs beyond ASGI, one matter a module."""
