"""Files on their way: tables to the service, results from it."""
