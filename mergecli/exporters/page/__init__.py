"""Network -> an interactive page in one HTML file."""
