"""Where something is wrong, what it is, and how it is shown."""

from mergecli.diagnostics.diagnostic import Diagnostic, DiagnosticSink, Edit, Severity
from mergecli.diagnostics.source import Source, Span

__all__ = ["Diagnostic", "DiagnosticSink", "Edit", "Severity", "Source", "Span"]
