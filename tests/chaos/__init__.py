"""The crash matrix: real processes, one fault at one exact point, and afterwards the books must balance.

cells       faults, points, and which of them are tried together
inject      loaded into the processes from outside: raises the fault at the point
triggers    this side of it: set a trap, hear that it closed, let go
ground      the stack that is hit, on a data folder of its own
faults      what this process does when the point is reached
handlers    the work that requests of the load ask for
full_disk   a storage that can run full
stream      one request as its client saw it: lost, doubled, disordered
client      a client that reconnects to any server and resumes by number
load        several of them, with mixed requests, before and after the fault
trial       one cell, from the trap to the verdict
matrix      all cells, on as many stacks as they need
tables      the results, for people and for documents
"""
