"""Tasks for the owner in sales: something to do by hand, with the reason.

What must not live here: who gets a task, and when. Start with ``channel``; ``tasks`` lists and ends them.
"""
