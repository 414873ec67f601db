"""Screening of many candidates of one spec: the values that its variables take, and what each costs."""
