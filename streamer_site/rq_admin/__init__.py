"""RQ's own pages in the admin: for administrators alone, and working under the content policy."""
