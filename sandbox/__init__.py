"""A stand-in for TikTok, independent of the code that sends, so that it can disagree with it.

Everything it takes lies in memory: a restart forgets it. It is for one machine and has no login, so it listens on
loopback unless told otherwise.
"""
