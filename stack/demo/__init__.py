"""`signalpost up --demo`: an app, its ad account at TikTok's stand-in, and four weeks of invented people."""
