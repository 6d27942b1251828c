"""Calls made up from the API's own document, at a running server; see ``__main__``."""
