"""The answers to messages of clients, alike for sockets and HTTP. They push and follow nothing: the faces do."""
