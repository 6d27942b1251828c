"""
The door for programs: the event API, and the receivers of what others send.

Owns no tables. A receiver checks who calls, stores what came (``activity.arrivals``) and only then answers.
"""
