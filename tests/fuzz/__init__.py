"""Whatever reads what others send, fed with what nobody should send: it reads it or refuses it, and takes no time over it."""
