"""The whole service on one machine with nothing installed, as ``make run`` and ``make demo`` start it.

keeper       a small process that stops the others when the process that started them is killed
process      one supervised process: started, logged, started again
supervisor   all of them: start, find, stop in order
ports        free ports and listening sockets
folder       the data folder and its lock: one stack per folder
valkey       the embedded Redis-compatible server
stack        the processes of a stack, and the handle to them
accounts     the local admin login
interrupt    the effect of the first and the second Ctrl-C
client       a small WebSocket client that follows requests by their numbers
demo         the steps of ``make demo``, which ``display`` shows
"""
