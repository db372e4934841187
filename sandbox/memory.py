"""Everything the sandbox remembers, in one place. It lives as long as the process."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.accounts.conversions import EventLog
from sandbox.accounts.demo import DemoPixel, load_demo_account
from sandbox.accounts.grants import Grants
from sandbox.accounts.loaded import Accounts
from sandbox.events import EventStore
from sandbox.faults import FaultQueue
from sandbox.journal import RejectionLog, RequestLog
from sandbox.rate import RateLimit, RateLimits
from sandbox.tokens import Pixel, Registry
from sandbox.versions import ApiVersions


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept, and how fast the sandbox lets itself be asked."""

    events: int = 200_000
    """Events that can be listed; test events are counted apart, with the same limit."""
    keys: int = 500_000
    """Deduplication keys; beyond that the oldest are forgotten before their 48 h are over."""
    requests: int = 5_000
    request_bytes: int = 64 * 1024 * 1024
    """Bytes of request bodies kept with them."""
    rejections: int = 5_000
    rates: RateLimits = field(default_factory=RateLimits)
    """Requests before 40100."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The state all handlers share. `clock` gives Unix seconds."""

    registry: Registry
    events: EventStore
    test_events: EventStore
    """Events sent with a `test_event_code`: TikTok shows them in its test view only and they count for nothing."""
    event_log: EventLog
    """The events that count, as conversions are made of them."""
    accounts: Accounts
    grants: Grants
    requests: RequestLog
    rejections: RejectionLog
    faults: FaultQueue
    rate: RateLimit
    versions: ApiVersions
    clock: Callable[[], float]
    demo: DemoPixel | None
    """What the demo account is made around; None = there is no demo account."""
    _serial: "itertools.count[int]" = field(default_factory=itertools.count)

    @classmethod
    def open(
        cls, limits: Limits, demo: Pixel | None, clock: Callable[[], float] = time.time, ads_lead_to: str = ""
    ) -> "Memory":
        """`ads_lead_to`: the demo account, which has the demo pixel, is loaded too; its ads have this link."""
        memory = cls(
            registry=Registry(demo),
            events=EventStore(limits.events, limits.keys),
            test_events=EventStore(limits.events, limits.keys),
            event_log=EventLog(limits.events),
            accounts=Accounts(),
            grants=Grants(),
            requests=RequestLog(limits.requests, limits.request_bytes),
            rejections=RejectionLog(limits.rejections),
            faults=FaultQueue(),
            rate=RateLimit(limits.rates),
            versions=ApiVersions(),
            clock=clock,
            demo=DemoPixel(demo, ads_lead_to) if demo and ads_lead_to else None,
        )
        memory.forget_accounts()
        return memory

    def new_request_id(self, now: float) -> str:
        """Like TikTok's: the UTC second, then what makes it unique within one run of the sandbox."""
        return f"{time.strftime('%Y%m%d%H%M%S', time.gmtime(now))}{next(self._serial):018X}"

    def forget_accounts(self) -> None:
        """Drop every token granted and what was loaded, down to the demo account."""
        self.accounts.reset()
        self.grants.reset()
        if self.demo is not None:
            load_demo_account(self.accounts, self.grants, self.demo, self.clock())

    def forget_traffic(self) -> None:
        """Drop everything taken and every fault still waiting, go back to the first limits and versions.

        Pixels, tokens and accounts stay.
        """
        self.events.reset()
        self.test_events.reset()
        self.event_log.reset()
        self.requests.reset()
        self.rejections.reset()
        self.faults.clear()
        self.rate.reset()
        self.versions.reset()
