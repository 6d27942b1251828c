"""Many handoffs at once: whether sales' room is kept, and nobody dropped. Start with ``rounds``."""
