"""The whole service on one machine with nothing installed: what ``make run`` and ``make demo`` start.

keeper       a tiny process that stops the others when whoever started them is killed
process      one supervised process: started, logged, started again
supervisor   all of them: start, find, stop in order
ports        free ports and listening sockets
folder       the data folder and its lock: one stack per folder
valkey       the embedded Redis-compatible server
stack        which processes make a stack, and the handle to one
accounts     the local admin login
interrupt    what the first and the second Ctrl-C do
client       a small WebSocket client that follows requests by their numbers
demo         the story that ``make demo`` tells, ``display`` shows it
"""
