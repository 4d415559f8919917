"""The acts of operators on the pages of requests: the choice, its confirmation, and the record of every act."""
