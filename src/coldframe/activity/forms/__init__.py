"""Forms that are served here: what they ask, and what becomes of what is sent in."""
