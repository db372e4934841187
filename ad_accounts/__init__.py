"""The TikTok account side: the grant an app connected with, what its advertisers run, and what that costs.

A worker's jobs and an operator's acts (`admin/`) use it. It knows the ledger and TikTok, and nobody above them.
"""
