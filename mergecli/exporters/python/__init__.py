"""Network -> Python script."""
