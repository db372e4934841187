"""Reading what apps send: bodies, fields, installs and events, before anything is stored."""
