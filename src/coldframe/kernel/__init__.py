"""The policy and its arithmetic: frames and a playbook in, frames out.

What must not live here: Django, input and output, a clock, randomness.
Start with ``vocabulary``, then ``frames``, then ``assessment``.
"""

#: Raised whenever the same facts and the same playbook could come out differently.
KERNEL_VERSION = "4"
