"""The start of every process of this site, and its end where it cannot start.

environment    reads the declared variables, and finds unknown ones
refusal        one line for each fault, and exit status 2
loading        loads Django's apps and looks for faults
command_line   ``manage.py``
"""
