"""The ASGI servers that carry Streamer, Daphne and uvicorn, and what each needs beyond ASGI."""
