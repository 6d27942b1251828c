"""Files in, leads out: read, recognize, check, match, apply, undo.

What must not live here: policy, or anything that decides what a lead is worth.
Start with ``tables`` (reading), then ``headers`` (recognizing), then ``applying``.
"""
