"""Network -> spec."""
