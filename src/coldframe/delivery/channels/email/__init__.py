"""Electronic mail: one message for one person, composed once, handed over by a mail server or a provider.

What must not live here: who gets what, and what the text says. Start with ``compose``; then ``smtp`` and ``anymail``.
"""
