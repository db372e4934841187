"""A TikTok that answers calls of the account side from a function, page by page, and keeps what it was asked."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tiktok.account_refusals import ApiRefused, refusal_of
from tiktok.business_api import Group, Reply
from tiktok.codes import Answer

Row = dict[str, Any]
Rows = Callable[[Mapping[str, object]], Sequence[Row]]


def refusal(code: int, message: str) -> ApiRefused:
    """As TikTok says it: HTTP 200 and a code."""
    refused = refusal_of(Answer(status=200, body=json.dumps({"code": code, "message": message}).encode()))
    assert refused is not None
    return refused


class Asked:
    """`tiktok.pages.Ask`."""

    def __init__(self, rows: Rows, cut: Callable[[Mapping[str, object]], bool] = lambda _: False) -> None:
        self._rows = rows
        self._cut = cut
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def __call__(self, group: Group, path: str, parameters: Mapping[str, object]) -> Reply:
        self.calls.append((path, parameters))
        rows = self._rows(parameters)
        page, size = int(str(parameters["page"])), int(str(parameters["page_size"]))
        listed = list(rows[(page - 1) * size : page * size])
        info = {"page": page, "page_size": size, "total_number": len(rows), "total_page": -(-len(rows) // size)}
        return Reply(data={"list": listed, "page_info": info}, cut=self._cut(parameters))


def report_row(ad_id: str, at: str, **metrics: str) -> Row:
    """An ad's, by day or hour."""
    time = "stat_time_day" if at.endswith("00:00:00") or len(at) == 10 else "stat_time_hour"
    return {"dimensions": {"ad_id_v2": ad_id, time: at}, "metrics": {"spend": "0", **metrics}}
