"""A stand-in for TikTok, independent of the code that sends, so that it can disagree with it."""
