"""The accounts loaded into this sandbox."""

from collections.abc import Callable

import msgspec

from sandbox.accounts.holding import Holding, LiveSpend
from sandbox.accounts.records import Account, Advertiser, Pixel

Live = Callable[[Advertiser], LiveSpend | None]


class OwnedPixel(msgspec.Struct, frozen=True):
    pixel: Pixel
    holding: Holding


class Accounts:
    """What each login reaches. An advertiser or a pixel is found in the account loaded last."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._holdings: dict[str, dict[str, Holding]] = {}

    def load(self, account: Account, live: Live = lambda _advertiser: None) -> None:
        """Put an account in, in the place of the one of the same id. Raises `msgspec.ValidationError`."""
        holdings: dict[str, Holding] = {}
        for advertiser in account.advertisers:
            if advertiser.advertiser_id in holdings:
                raise msgspec.ValidationError(f"`advertiser_id` {advertiser.advertiser_id} comes twice")
            holdings[advertiser.advertiser_id] = Holding(advertiser, live(advertiser))
        self.remove(account.account_id)
        self._accounts[account.account_id] = account
        self._holdings[account.account_id] = holdings

    def remove(self, account_id: str) -> bool:
        """False when it was not loaded."""
        self._holdings.pop(account_id, None)
        return self._accounts.pop(account_id, None) is not None

    def accounts(self) -> list[Account]:
        return list(self._accounts.values())

    def account(self, account_id: str) -> Account | None:
        return self._accounts.get(account_id)

    def holdings_of(self, account_id: str) -> list[Holding]:
        return list(self._holdings.get(account_id, {}).values())

    def holding(self, advertiser_id: str) -> Holding | None:
        for holdings in reversed(self._holdings.values()):
            if advertiser_id in holdings:
                return holdings[advertiser_id]
        return None

    def owner_of_pixel(self, pixel_code: str) -> OwnedPixel | None:
        return next((owned for owned in self._pixels() if owned.pixel.pixel_code == pixel_code), None)

    def code_of_pixel(self, pixel_id: str) -> str | None:
        return next((owned.pixel.pixel_code for owned in self._pixels() if owned.pixel.pixel_id == pixel_id), None)

    def owner_of(self, advertiser_id: str) -> str | None:
        """The Business Center that owns an advertiser."""
        for account in self._accounts.values():
            for center in account.business_centers:
                owned = {asset.asset_id for asset in center.assets or () if asset.relation_type == "OWNER_BC"}
                everything = center.assets is None and advertiser_id in self._holdings[account.account_id]
                if everything or advertiser_id in owned:
                    return center.bc_id
        return None

    def pixels_of(self, advertiser_id: str) -> list[Pixel]:
        """Its own and those linked to it in a Business Center."""
        return [
            owned.pixel
            for owned in self._pixels()
            if owned.holding.record.advertiser_id == advertiser_id or advertiser_id in owned.pixel.linked_advertiser_ids
        ]

    def _pixels(self) -> list[OwnedPixel]:
        return [
            OwnedPixel(pixel, holding)
            for holdings in reversed(self._holdings.values())
            for holding in holdings.values()
            for pixel in holding.record.pixels
        ]
