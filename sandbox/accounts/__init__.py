"""TikTok's account side: who may read what, campaigns and ads, pixels, and the reports of what they spent.

An account is loaded with `POST /_sandbox/accounts` or made up by `demo`. Sources named in comments: *PD* pages of
TikTok's developer portal, *SDK* its published SDK, *DOC* a Go SDK in the portal's words; what no source says and this
package therefore invents is marked *invented*.
"""
