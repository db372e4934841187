"""Load tests and the benchmark that compares with the limit: black box, over HTTP only."""
