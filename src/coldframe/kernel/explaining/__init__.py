"""The because card: why a lead is where the cycle put it, what would move it, and when it leaves."""
