"""What a click is, its id, its address key, and where it lies in Redis: read and written side by side."""
