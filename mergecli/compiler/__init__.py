"""Spec -> graph -> network: lowering, lint, suppressions, fixes, settings; the pipeline."""
