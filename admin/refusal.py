"""An act that cannot be done says why in one sentence: the field, the reason and the way out."""


class Refused(Exception):
    """Why not, and the way out, in a sentence that names the field."""
