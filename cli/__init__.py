"""The `signalpost` command."""
