"""Signal links: the slug, the app it belongs to and where it leads on each OS."""

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec

SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}")
SLUG_CHARS = 8  # of base62: 218 million million
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase

# Paths the redirector or a reverse proxy in front of it answers itself, and those every crawler asks for.
RESERVED_SLUGS = frozenset(
    {
        "healthz", "readyz", "metrics", "robots", "favicon", "sitemap", "well-known", "apple-app-site-association",
        "assetlinks", "enrich", "stores", "static", "setup", "login", "logout", "oauth", "v1", "openapi",
    }
)  # fmt: skip

LinkMode = Literal["redirect", "bridge"]


Percent = Annotated[int, msgspec.Meta(ge=0, le=100, description="must be a whole number of percent from 0 to 100")]
ClickCap = Annotated[int, msgspec.Meta(ge=1, le=10**12, description="must be a whole number of clicks from 1")]


class LinkOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a link may have set besides its URLs; an absent key has its default."""

    bridge_weight: Percent | None = None
    """Percent of visitors who get the bridge page, the others a 302; None = the mode says."""
    utm: Literal["add", "replace", "off"] = "add"
    """What becomes of the visit's utm_* parameters at the store: added to ours, put before ours, left out."""
    expires_at: int | None = None
    """Unix s from which on every visitor gets the fallback."""
    click_cap: ClickCap | None = None
    """Number of clicks after which every visitor gets the fallback."""
    os: Literal["both", "ios", "android"] = "both"
    """Whose phones it is for, as an ad group is for one: the app's store page for the other does not fill the gap."""


NO_OPTIONS = LinkOptions()


class SlugTakenError(ValueError):
    """Another link has this slug."""


@dataclass(frozen=True, slots=True)
class StoredLink:
    """One row of `links`: what was set on the link itself, before the app's values fill the gaps."""

    slug: str
    app_id: str
    ios_url: str | None
    """None = the App Store page of the app's ios_app_id."""
    android_url: str | None
    """None = the Play page of the app's android_package."""
    fallback_url: str | None
    """None = the app's fallback_url."""
    mode: LinkMode = "redirect"
    enabled: bool = True
    options: LinkOptions = NO_OPTIONS


def new_slug() -> str:
    return "".join(secrets.choice(BASE62) for _ in range(SLUG_CHARS))


def slug_problem(slug: str) -> str | None:
    """Why this cannot be a slug, None where it can."""
    if not SLUG.fullmatch(slug):
        return "must be 1 to 64 of the characters A-Z, a-z, 0-9, _ and -"
    if slug.lower() in RESERVED_SLUGS:
        return f"{slug!r} is reserved for the server itself: choose another"
    return None


ALL_LINKS = "SELECT * FROM links ORDER BY created_at, slug"


async def all_links(connection: Any) -> list[StoredLink]:
    """Every link, oldest first. `connection` is an asyncpg connection or pool, here and below."""
    return [_link(row) for row in await connection.fetch(ALL_LINKS)]


GET_LINK = "SELECT * FROM links WHERE slug = $1"


async def get_link(connection: Any, slug: str) -> StoredLink | None:
    row = await connection.fetchrow(GET_LINK, slug)
    return _link(row) if row is not None else None


INSERT_LINK = """
INSERT INTO links (slug, app_id, ios_url, android_url, fallback_url, mode, enabled, settings)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (slug) DO NOTHING RETURNING slug
"""


async def insert_link(connection: Any, link: StoredLink) -> None:
    """Raises:
    SlugTakenError: another link has this slug.
    asyncpg.ForeignKeyViolationError: there is no such app.
    """
    row = (link.slug, link.app_id, link.ios_url, link.android_url, link.fallback_url, link.mode, link.enabled)
    if await connection.fetchval(INSERT_LINK, *row, _settings(link.options)) is None:
        raise SlugTakenError(f"the slug {link.slug} is taken")


UPDATE_LINK = """
UPDATE links SET ios_url = $2, android_url = $3, fallback_url = $4, mode = $5, enabled = $6, settings = $7,
    updated_at = now()
WHERE slug = $1 AND app_id = $8 RETURNING slug
"""


async def update_link(connection: Any, link: StoredLink) -> bool:
    """Store the link as given (a link never changes its slug or app). False: no such link."""
    row = (link.slug, link.ios_url, link.android_url, link.fallback_url, link.mode, link.enabled)
    return await connection.fetchval(UPDATE_LINK, *row, _settings(link.options), link.app_id) is not None


# of a link for one OS, the app's page for the other stays out
IOS_APP_ID: Final = """CASE WHEN links.settings ->> 'os' = 'android' THEN NULL
    ELSE nullif(apps.settings ->> 'ios_app_id', '') END"""
ANDROID_PACKAGE: Final = """CASE WHEN links.settings ->> 'os' = 'ios' THEN NULL
    ELSE nullif(apps.settings ->> 'android_package', '') END"""
EFFECTIVE_LINKS = f"""
SELECT links.slug, links.app_id,
    coalesce(links.ios_url, 'https://apps.apple.com/app/id' || {IOS_APP_ID}) AS ios_url,
    coalesce(links.android_url, 'https://play.google.com/store/apps/details?id=' || {ANDROID_PACKAGE}) AS android_url,
    coalesce(links.fallback_url, nullif(apps.settings ->> 'fallback_url', '')) AS fallback_url,
    links.mode, links.enabled, coalesce((apps.settings ->> 'generate_ttp')::boolean, true) AS generate_ttp,
    links.settings
FROM links JOIN apps USING (app_id)
ORDER BY links.slug
"""  # noqa: S608 - constants of this module alone


async def effective_links(connection: Any) -> list[dict[str, Any]]:
    """Every link as redirectors serve it: the fields of `clicks.links.Link` and `os`, the app's values in the gaps."""
    return [_effective(dict(row)) for row in await connection.fetch(EFFECTIVE_LINKS)]


def _effective(row: dict[str, Any]) -> dict[str, Any]:
    options = msgspec.to_builtins(_options(row.pop("settings")))
    return {**row, **options}


CAPPED_CLICKS = """
SELECT links.slug, coalesce(sum(visit_counts.visits), 0)::bigint AS clicks
FROM links LEFT JOIN visit_counts ON visit_counts.link = links.slug AND visit_counts.kind = 'click'
WHERE links.settings ? 'click_cap'
GROUP BY links.slug
"""


async def capped_clicks(connection: Any) -> dict[str, int]:
    """How many clicks each link with a cap has had, as far as they were drained."""
    return {row["slug"]: row["clicks"] for row in await connection.fetch(CAPPED_CLICKS)}


def _settings(options: LinkOptions) -> dict[str, Any]:
    defaults = msgspec.to_builtins(NO_OPTIONS)
    return {key: value for key, value in msgspec.to_builtins(options).items() if value != defaults[key]}


def _options(settings: Mapping[str, Any]) -> LinkOptions:
    return msgspec.convert(settings, LinkOptions)


def _link(row: Mapping[str, Any]) -> StoredLink:
    return StoredLink(
        slug=row["slug"],
        app_id=row["app_id"],
        ios_url=row["ios_url"],
        android_url=row["android_url"],
        fallback_url=row["fallback_url"],
        mode=row["mode"],
        enabled=row["enabled"],
        options=_options(row["settings"]),
    )
