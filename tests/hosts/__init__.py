"""Streamer on several hosts: real processes in network namespaces, one fault of the network or of a host at a time.

lab        hosts, and the network between them: make, cut, part, slow down, restore
enclosure  the namespaces that all of it runs in, so that nothing is left on the machine whatever happens
servers    PostgreSQL, PgBouncer, Redis, sentinels and S3 on hosts of the lab
fleet      Streamer's own hosts: two that serve the web, two that work
ground     servers and a fleet, in the ways in which scenarios want them
faults     what happens to a ground while its clients are at work
scenarios  faults, each with the ground it needs
trial      one scenario, from the first request to the verdict
tables     the results, for people and for documents
"""
