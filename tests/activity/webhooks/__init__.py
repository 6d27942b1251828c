"""Webhooks of others, read by their mappings."""
