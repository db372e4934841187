"""`/apps/{app_id}/campaigns[/{campaign}[/{adgroup}]]`: the table down to the ad, and by what else reports are by."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from admin.reports import DIMENSIONS, ReportRow, told_rows
from admin.results import asked_of
from admin.users import Role
from console.call import Call, NotThere
from console.listing import answer
from console.page import Page
from console.report_figures import other_currencies
from console.report_page import adgroup_href, campaign_href, no_href, report_frame
from console.report_rows import Href, label_of, report_table
from console.report_view import ReportView, view_of

Rows = Sequence[ReportRow]


async def show_campaigns(call: Call) -> Response:
    """Of the whole app, by one or two dimensions."""
    app_id = call.this_app.app_id
    view = await view_of(call)
    found, warnings = await told_rows(call.session, asked_of(app_id, view.period, ",".join(view.by)))
    href = campaign_href(app_id, view) if view.by[0] == "campaign" else no_href
    shown = {"title": "Campaigns", "dimensions": DIMENSIONS, "warnings": warnings}
    return _answered(call, view, (found.rows, found.totals, href), shown)


async def show_campaign(call: Call) -> Response:
    """The ad groups of one campaign."""
    app_id, campaign = call.this_app.app_id, call.named("campaign")
    view = await view_of(call, ("adgroup",))
    _only(view, ("adgroup", "ad", "creative"))
    whole = await _whole(call, view, "campaign", campaign)
    rows = await _within(call, view, "campaign", campaign)
    href = adgroup_href(app_id, view, campaign) if view.by == ("adgroup",) else no_href
    crumbs = [("Campaigns", view.below(f"/apps/{app_id}/campaigns"))]
    shown = {"title": label_of("campaign", whole["key"]), "crumbs": crumbs, "kinds": _kinds(view, ("adgroup", "ad"))}
    return _answered(call, view, (rows, whole, href), shown)


async def show_adgroup(call: Call) -> Response:
    """The ads or creatives of one ad group."""
    app_id, campaign, adgroup = call.this_app.app_id, call.named("campaign"), call.named("adgroup")
    view = await view_of(call, ("ad",))
    _only(view, ("ad", "creative"))
    above = await _whole(call, view, "campaign", campaign)
    whole = await _whole(call, view, "adgroup", adgroup)
    rows = await _within(call, view, "adgroup", adgroup)
    campaigns = f"/apps/{app_id}/campaigns"
    crumbs = [
        ("Campaigns", view.below(campaigns)),
        (label_of("campaign", above["key"]), view.below(f"{campaigns}/{quote(campaign, safe='')}")),
    ]
    shown = {"title": label_of("adgroup", whole["key"]), "crumbs": crumbs, "kinds": _kinds(view, ("ad", "creative"))}
    return _answered(call, view, (rows, whole, no_href), shown)


async def _whole(call: Call, view: ReportView, one: str, identifier: str) -> Mapping[str, Any]:
    """The row of this campaign or ad group, which is the total of what lies below it.

    Raises:
        NotThere: these days have none.
    """
    found, _ = await told_rows(call.session, asked_of(call.this_app.app_id, view.period, one))
    for row in found.rows:
        if row.key[f"{one}_id"] == identifier:
            return {"key": row.key, **row.figures()}
    what = "campaign" if one == "campaign" else "ad group"
    way_on = view.below(f"/apps/{call.this_app.app_id}/campaigns")
    raise NotThere(f"These days have no {what} {identifier[:40]}: it may be of others.", way_on, "Show the campaigns")


async def _within(call: Call, view: ReportView, above: str, identifier: str) -> Rows:
    found, _ = await told_rows(call.session, asked_of(call.this_app.app_id, view.period, f"{above},{view.by[0]}"))
    return [row for row in found.rows if row.key[f"{above}_id"] == identifier]


def _only(view: ReportView, known: Sequence[str]) -> None:
    """A campaign's page is by what lies below it: everything else is asked of all of them."""
    if len(view.by) != 1 or view.by[0] not in known:
        raise NotThere(f"This page is by {', '.join(known)} alone.", view.path, "Show it")


def _kinds(view: ReportView, names: Sequence[str]) -> list[tuple[str, str, bool]]:
    labels = {"adgroup": "Ad groups", "ad": "Ads", "creative": "Creatives"}
    return [(labels[name], view.url(by=(name,), sort=""), view.by == (name,)) for name in names]


def _answered(
    call: Call, view: ReportView, found: tuple[Rows, Mapping[str, Any], Href], shown: Mapping[str, Any]
) -> Response:
    rows, totals, href = found
    table = report_table(call, view, rows, totals, href)
    frame = {"crumbs": [], "kinds": [], "dimensions": None, "warnings": [], **report_frame(call, view)}
    return answer(
        call,
        table.listing,
        "campaigns.html",
        **{**frame, **shown},
        table=table,
        others=other_currencies(totals),
    )


PAGES = (
    Page("/apps/{app_id}/campaigns", show_campaigns, Role.VIEWER),
    Page("/apps/{app_id}/campaigns/{campaign}", show_campaign, Role.VIEWER),
    Page("/apps/{app_id}/campaigns/{campaign}/{adgroup}", show_adgroup, Role.VIEWER),
)
