"""From an install to the click that brought it, or to the reason why none did. Pure: no clock, no engine."""
