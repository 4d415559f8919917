"""The story of ``make demo``: five acts against a stack of its own, and every figure in it is measured.

story    the order of things: start, acts, files, books
stage    what the acts share: the stack, the client, what was followed
acts     a module for each act
files    the files, fetched
upload   the upload of a table
books    the totals
display  headings, ticks and tables
bars     running requests, on a terminal and elsewhere
"""
