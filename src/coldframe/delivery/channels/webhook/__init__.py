"""Signed calls to another system, by Standard Webhooks.

What must not live here: what a call says about a lead. Start with ``channel``; ``destinations`` says where a call may go.
"""
