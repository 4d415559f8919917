"""The handlers of the crash matrix; its stacks have them beside the usual ones."""
