"""Runs the kernel over partitions of accounts: here, on all cores.

What must not live here: policy and tables; it knows the kernel alone. Start with ``local``.
"""
