"""The load generator: a program of its own, with picows and uvloop, so that it is faster than what it measures.

`python -m benchmarks.load` reads a line of JSON that says what to do, opens its sockets, writes "ready", waits for
another line, does the load, and writes its times as JSON into the file `result`. It imports nothing of Streamer.
"""
