"""Figures for papers: black on white, at the size at which they are printed."""
