"""Every Redis key and its lifetime.

One sorted set per address key holds the clicks: it is store and index at once, and each stands alone, so that the
same code works on Redis Cluster. What must change together shares the hash tag `{counts}` or `{links}`.
"""

CLICKS = b"c:"  # + 6 bytes, the keyed hash of the address; members are click records, scores their time in ms
ERASED = b"erased:"  # + 16 bytes, the hash of an erased click's id: it stands for as long as clicks are kept

COUNTS = b"{counts}"  # hash: field (see clicks.counts) -> visits since the last drain
COUNTS_DRAINING = b"{counts}:draining"  # the hash being moved to the ledger
COUNTS_DRAIN_ID = b"{counts}:drain-id"
TEXTS = b"{counts}:texts:"  # + number of a week: hash, reference -> text that records of the week refer to
NAMES = b"{counts}:names"  # hash: kind and id of a campaign, ad group or ad -> its name, until the worker takes it
APPLIED = b"{counts}:applied:"  # + writer: bitmap, bit n = this writer's batch n was counted
# A batch is only ever sent again because its answer was lost, from the spool, once Redis answers again: within days.
APPLIED_LIFETIME_S = 7 * 86_400

DRAINING = b"{counts}:draining-spools"  # stands while redirectors bring back what an outage left in their spools

WALKERS = b"{counts}:walkers"  # sorted set: the workers that move old clicks to the ledger now; lasts two minutes

LINKS = b"{links}"  # hash: slug -> link, as JSON
SITES = b"{links}:sites"  # hash: app id -> its host names and deep-link files, as JSON
LINKS_VERSION = b"{links}:version"  # changes whenever one of the two does
LINK_FOLLOWERS = b"{links}:followers"  # set: the keys of the redirector processes that said what they serve
LINK_FOLLOWER = b"{links}:follower:"  # + process: the version of the links that it serves; lasts two seconds
LINK_CLICKS = b"{links}:clicks"  # hash: slug of a link with a click cap -> its clicks so far
