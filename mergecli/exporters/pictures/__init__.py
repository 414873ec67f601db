"""Network or comparison -> picture."""
