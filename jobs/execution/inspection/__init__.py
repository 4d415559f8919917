"""The state of a process that runs a request: its memory, its CPU and the stacks of its threads, on demand.

Whoever wants to know publishes an order in the channel of the worker. The worker's parent, which listens there anyway,
answers what the system knows of its child, and tells the child through shared memory to answer with its stacks. So a
child that does not answer can be told from a worker that is not there, and nothing is asked of Redis meanwhile.
"""
