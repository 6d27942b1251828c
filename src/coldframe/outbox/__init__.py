"""What leaves the house: messages with a key that is used once for ever, their attempts, and who may hand them over.

What must not live here: any word of leads, touches or mail; whoever enqueues brings a handler for its kind.
Start with ``models``, then ``operations``.
"""
