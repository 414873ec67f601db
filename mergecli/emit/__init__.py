"""Network -> text, picture or model."""
