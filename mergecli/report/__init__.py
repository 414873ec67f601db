"""Diagnostics -> text for a person or a program."""
