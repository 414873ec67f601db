"""Optimizers, learning-rate schedules, losses and metrics."""
