"""Webhooks of subscription platforms and payment providers, read into one normal form."""
