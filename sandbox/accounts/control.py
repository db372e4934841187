"""`/_sandbox/accounts`, `/_sandbox/grants` and `/_sandbox/spend`. None of it exists at TikTok.

`POST /_sandbox/accounts` takes what one login reaches, every field but the ids optional (`records.py` has them all):

    {"account_id": "ada", "advertisers": [{
       "advertiser_id": "7000000000000000101", "currency": "EUR", "display_timezone": "Europe/Berlin",
       "pixels": [{"pixel_id": "7000000000000000201", "pixel_code": "C4EXAMPLE", "token": "of-events-manager"}],
       "campaigns": [{"campaign_id": "1800000000000001", "adgroups": [{
          "adgroup_id": "1800000000000002", "pixel_id": "7000000000000000201", "optimization_event": "SHOPPING",
          "ads": [{"ad_id": "1800000000000003"}],
          "smart_plus_ads": [{"smart_plus_ad_id": "1800000000000004",
                              "creatives": [{"ad_id": "1800000000000005"}]}]}]}],
       "spend": [{"ad_id": "1800000000000003", "hour": "2026-10-25 01:00:00", "spend": "1.25", "impressions": 400,
                  "clicks": 9, "metrics": {"conversion": 2}}],
       "corrections": [{"after_pulls": 2, "set": [], "add": [], "delete": [{"day": "2026-10-25"}]}],
       "ttclids": {"E.C.P.abc": "1800000000000003"}}],
     "business_centers": [{"bc_id": "7000000000000000301"}],
     "apps": [{"app_id": "7000000000000000401", "secret": "s", "expires_in": 86400}]}

`POST /_sandbox/spend` changes the past: `{"advertiser_id", "after_pulls"?, "delete"?, "set"?, "add"?}`, rows as above.
`POST /_sandbox/grants` makes a token good, or narrows one: `{"access_token", "account_id"?, "scope"?, ...}`.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.accounts.grants import Grant
from sandbox.accounts.holding import Holding
from sandbox.accounts.records import Account
from sandbox.accounts.spend_row import Correction
from sandbox.inquiries import answered, asked, refused, told
from sandbox.memory import Memory
from sandbox.tokens import Pixel, masked


class SpendChange(Correction, frozen=True, kw_only=True):
    """A correction, and whose spend it changes. `after_pulls` counts from now."""

    advertiser_id: str


class SpendQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    advertiser_id: str
    day: str = ""
    """Empty = every day."""


class AccountControl:
    """The handlers over one memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def routes(self) -> list[BaseRoute]:
        """Every control endpoint of the account side."""
        return [
            Route("/_sandbox/accounts", self.accounts, methods=["GET"]),
            Route("/_sandbox/accounts", self.load, methods=["POST"]),
            Route("/_sandbox/accounts", self.clear, methods=["DELETE"]),
            Route("/_sandbox/accounts/{account_id}", self.remove, methods=["DELETE"]),
            Route("/_sandbox/grants", self.grants, methods=["GET"]),
            Route("/_sandbox/grants", self.grant, methods=["POST"]),
            Route("/_sandbox/spend", self.spend, methods=["GET"]),
            Route("/_sandbox/spend", self.change_spend, methods=["POST"]),
        ]

    async def accounts(self, _request: Request) -> Response:
        """`{"items": [{"account_id", "display_name", "advertisers": [...]}], "apps": [...]}`."""
        items = [self._shown(account) for account in self._memory.accounts.accounts()]
        return answered({"items": items, "apps": self._memory.grants.apps()})

    async def load(self, request: Request) -> Response:
        account = await told(request, Account)
        self._memory.accounts.load(account)
        for app in account.apps:
            self._memory.grants.register(app)
        for advertiser in account.advertisers:
            for pixel in advertiser.pixels:
                if pixel.token is not None:
                    self._memory.registry.register(Pixel(pixel.pixel_code, pixel.token, advertiser.advertiser_id))
        return answered(self._shown(account), status=201)

    async def clear(self, _request: Request) -> Response:
        """Back to the start: no account but the demo's, no token, no app but the sandbox's own."""
        self._memory.forget_accounts()
        return answered({"items": [self._shown(account) for account in self._memory.accounts.accounts()]})

    async def remove(self, request: Request) -> Response:
        account_id = request.path_params["account_id"]
        if not self._memory.accounts.remove(account_id):
            return _unknown(f"No account {account_id} is loaded: GET /_sandbox/accounts lists them.", "account_id")
        return answered({"removed": account_id})

    async def grants(self, _request: Request) -> Response:
        """`{"items": [...]}`: every token that is good, masked."""
        return answered({"items": [_grant_shown(grant) for grant in self._memory.grants.all()]})

    async def grant(self, request: Request) -> Response:
        """A token that is known already is set anew: what is not named is back at its default."""
        grant = await told(request, Grant)
        self._memory.grants.set(grant)
        return answered(_grant_shown(grant), status=201)

    async def spend(self, request: Request) -> Response:
        """`{"items": [rows], "pulls": reports answered so far, "waiting": corrections still to come}`."""
        query = asked(request, SpendQuery)
        holding = self._memory.accounts.holding(query.advertiser_id)
        if holding is None:
            return _no_advertiser(query.advertiser_id)
        holding.refresh(self._memory.clock())
        return answered(_spend_shown(holding, query.day))

    async def change_spend(self, request: Request) -> Response:
        change = await told(request, SpendChange)
        holding = self._memory.accounts.holding(change.advertiser_id)
        if holding is None:
            return _no_advertiser(change.advertiser_id)
        holding.refresh(self._memory.clock())
        after = holding.pulls + change.after_pulls if change.after_pulls else 0
        holding.correct(Correction(after_pulls=after, delete=change.delete, set=change.set, add=change.add))
        return answered({"pulls": holding.pulls, "waiting": len(holding.waiting())}, status=201)

    def _shown(self, account: Account) -> dict[str, object]:
        return {
            "account_id": account.account_id,
            "display_name": account.display_name,
            "advertisers": [
                {
                    "advertiser_id": holding.record.advertiser_id,
                    "name": holding.record.name,
                    "currency": holding.record.currency,
                    "display_timezone": holding.record.display_timezone,
                    "pixels": [pixel.pixel_code for pixel in holding.record.pixels],
                    "campaigns": [campaign.campaign_id for campaign in holding.record.campaigns],
                    "ads": [place.spends_as for place in holding.tree.places()],
                }
                for holding in self._memory.accounts.holdings_of(account.account_id)
            ],
            "business_centers": [center.bc_id for center in account.business_centers],
        }


def _spend_shown(holding: Holding, day: str) -> dict[str, object]:
    rows = [
        {
            "ad_id": cell.ad_id,
            "hour": cell.hour.label,
            "second_of_that_name": bool(cell.hour.fold),
            "country": cell.country,
            "platform": cell.platform,
            "spend": amounts.spend,
            "impressions": amounts.impressions,
            "clicks": amounts.clicks,
            "reach": amounts.reach,
            "metrics": amounts.metrics,
        }
        for one in ([day] if day else holding.spend.days())
        for cell, amounts in sorted(holding.spend.rows(one), key=lambda row: (row[0].hour, row[0].ad_id))
    ]
    return {"items": rows, "pulls": holding.pulls, "waiting": holding.waiting()}


def _grant_shown(grant: Grant) -> dict[str, object]:
    return {
        "access_token": masked(grant.access_token),
        "app_id": grant.app_id,
        "account_id": grant.account_id,
        "scope": grant.scope,
        "advertiser_ids": grant.advertiser_ids,
        "expires_at": grant.expires_at,
    }


def _no_advertiser(advertiser_id: str) -> Response:
    message = f"No advertiser {advertiser_id} is loaded: GET /_sandbox/accounts lists them."
    return _unknown(message, "advertiser_id")


def _unknown(message: str, field: str) -> Response:
    return refused(404, "not_found", message, field)
