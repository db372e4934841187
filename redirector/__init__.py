"""The Signal link: one click in, one 302 out. Latency is the law here."""
