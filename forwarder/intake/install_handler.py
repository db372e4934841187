"""`/v1/installs`: an install in, its match out; looked up; erased."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import structlog
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from clicks.address import client_address
from clicks.placeholders import is_placeholder
from forwarder.errors import FieldError, JsonResponse, Refusal, unavailable
from forwarder.intake.answers import erased_answer, install_answer
from forwarder.intake.authenticator import Admitted
from forwarder.intake.data_centres import DATA_CENTRE, DataCentres
from forwarder.intake.identifiers import MAX_ID_CHARS
from forwarder.intake.install_batch import ACQUIRE_TIMEOUT_S
from forwarder.intake.install_request import InstallReport, read_install
from forwarder.intake.posted import Sender, Taken
from forwarder.intake.query import asked
from forwarder.services import Services, services_of, visitor_address
from ledger.delivery_views import deliveries_of_install
from ledger.erasure import ClicksLeftError, Erased, erase, erase_what_came, find_clicks
from ledger.installs import Install, get_install
from ledger.locked_out import again
from ledger.outages import LEDGER_FAILED
from ledger.spelling import canonical

PERSON = "external_id"

log = structlog.get_logger()


async def post_install(request: Request) -> Response:
    """200 once the install is committed, with its match; the same answer for the same install, however often it
    comes.
    """
    services = services_of(request)
    async with services.authenticator.admit(request) as admitted:
        report = _read(services, admitted, visitor_address(request))
        install = await services.installs.submit(report, admitted.check_still)
    return _response(report, install)


def take_install(services: Services, admitted: Admitted, sender: Sender) -> Taken:
    """The same for who does not wait in a task."""
    visitor = client_address(sender.peer, sender.forwarded_for, services.settings.trusted_proxies)
    report = _read(services, admitted, visitor)
    return Taken(services.installs.enqueue(report, admitted.check_still), partial(_response, report))


def _read(services: Services, admitted: Admitted, visitor: str) -> InstallReport:
    app_id = admitted.entry.app_id
    with services.set_aside.of(app_id):
        try:
            report = read_install(admitted.body, app_id, visitor, datetime.now(UTC))
        except FieldError as error:
            raise error.refusal() from None
    return _flagged(report, services.data_centres)


def _response(report: InstallReport, install: Install | None) -> Response:
    return JsonResponse(erased_answer(report.install_id) if install is None else install_answer(install))


def _flagged(report: InstallReport, data_centres: DataCentres) -> InstallReport:
    addresses = [report.body.get("ip", ""), *report.body.get("ips", ())]
    if not any(map(data_centres.holds, addresses)):
        return report
    return msgspec.structs.replace(report, flags=(*report.flags, DATA_CENTRE))


async def get_install_with_deliveries(request: Request) -> Response:
    """The match as it was answered, what speaks for it, and what became of the install's deliveries."""
    services = services_of(request)
    async with services.authenticator.admit(request) as admitted:
        app_id, install_id = admitted.entry.app_id, canonical(request.path_params["install_id"])
        try:
            install = await get_install(services.pool, app_id, install_id)
            deliveries = await deliveries_of_install(services.pool, app_id, install_id) if install is not None else ()
        except LEDGER_FAILED as error:
            services.outages.failed("install not read", error)
            raise unavailable("the ledger") from None
    if install is None:
        raise _unknown("no install of this id")
    answer: dict[str, Any] = msgspec.to_builtins(install_answer(install))
    answer["occurred_at"] = install.occurred_at
    answer["pending"] = install.match_method == "pending"
    answer["detail"] = install.match_detail
    answer["deliveries"] = [msgspec.to_builtins(delivery) for delivery in deliveries]
    return JsonResponse(answer)


async def delete_install(request: Request) -> Response:
    """Erase one install: ledger, deliveries, matched click."""
    services = services_of(request)
    async with services.authenticator.admit(request) as admitted:
        if asked(request, PERSON):
            message = "name an install or a person, each in a request of its own"
            raise Refusal(422, "invalid_field", message, field=PERSON)
        install_id = canonical(request.path_params["install_id"])
        return await _erase(services, admitted.entry.app_id, install_id=install_id)


async def delete_person(request: Request) -> Response:
    """Erase a person: every install and event of `?external_id=`."""
    services = services_of(request)
    async with services.authenticator.admit(request) as admitted:
        external_id = canonical(asked(request, PERSON))
        if not external_id or is_placeholder(external_id) or len(external_id) > MAX_ID_CHARS:
            message = "name whom to erase: DELETE /v1/installs/{install_id}, or ?external_id="
            raise Refusal(422, "invalid_field", message, field=PERSON)
        return await _erase(services, admitted.entry.app_id, external_id=external_id)


async def _erase(services: Services, app_id: str, **whom: str) -> Response:
    erasure = _Erasure(services, app_id, whom)
    try:
        gone = await erasure.run()
    except RedisError as error:
        services.outages.away(error)
        raise unavailable("the click store") from None
    except LEDGER_FAILED as error:
        services.outages.failed("not erased", error)
        raise unavailable("the ledger or the click store") from None
    if gone.is_nothing:
        raise _unknown("nothing of this id to erase")
    clicks = len(erasure.clicks)
    log.info("erased", app=app_id, installs=len(gone.install_ids), events=gone.events, clicks=clicks)
    counts = {"installs": len(gone.install_ids), "events": gone.events, "clicks": clicks, "webhooks": gone.webhooks}
    return JsonResponse({"erased": sum(counts.values())} | counts)


@dataclass(slots=True)
class _Erasure:
    """The clicks go first: where Redis is away nothing is erased yet, and the same request finishes it later."""

    services: Services
    app_id: str
    whom: dict[str, Any]
    clicks: set[str] = field(default_factory=set)
    """Those that were stored or matched."""
    names: set[str] = field(default_factory=set)
    """What names clicks that are erased."""

    async def run(self) -> Erased:
        """What went: all there is, then what came meanwhile, until nothing is there."""
        await self._erase_clicks()
        gone = more = await self._in_ledger(partial(erase, **self.whom))
        while not more.is_nothing:
            install_ids = {*gone.install_ids, *filter(None, [self.whom.get("install_id")])}
            person = self.whom.get("external_id")
            more = await self._in_ledger(partial(erase_what_came, install_ids=install_ids, external_id=person))
            gone += more
        return gone

    async def _erase_clicks(self) -> None:
        whom = self.whom.get("install_id"), self.whom.get("external_id")
        names = await find_clicks(self.services.pool, self.app_id, *whom)
        self.clicks.update(await self.services.clicks.erase_named(self.app_id, names))
        self.names.update(names)

    async def _in_ledger(self, erase_some: Callable[..., Awaitable[Erased]]) -> Erased:
        while True:
            try:
                gone = await again(partial(self._transaction, erase_some))
            except ClicksLeftError:
                await self._erase_clicks()
            else:
                self.clicks.update(gone.click_ids)
                return gone

    async def _transaction(self, erase_some: Callable[..., Awaitable[Erased]]) -> Erased:
        pool, key = self.services.pool, self.services.tombstone_keys[0]
        async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
            gone = await erase_some(connection, key, self.app_id)
            gone.check_clicks(self.names)
        return gone


def _unknown(message: str) -> Refusal:
    return Refusal(404, "not_found", message)
