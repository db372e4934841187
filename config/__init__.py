"""Settings (one class per process), logging, secrets and presets."""
