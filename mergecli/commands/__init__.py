"""One file a command: options, files, exit codes; no thought."""
