"""The use of tenants, and their quotas: the bytes that they store, and what they do on a day."""
