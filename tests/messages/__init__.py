"""The languages of the pages: what is said in them, gathered from the sources.

``./coldframe-dev messages`` brings the catalogs up to date and compiles them; ``test_messages`` holds them complete.
"""
