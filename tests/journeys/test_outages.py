"""Journeys through outages: whatever dies, nothing is lost and nothing is counted twice."""

import os
import signal

from tests.journeys.traveller import Signalpost, new_ttclid, play_referrer, until


def test_clicks_and_installs_during_a_redis_outage_are_matched_once_it_is_back(signalpost: Signalpost) -> None:
    os.kill(signalpost.engine_id("redis"), signal.SIGKILL)
    visits = {new_ttclid(): f"8.9.0.{n}" for n in range(1, 21)}
    redirects = {ttclid: signalpost.click(ttclid, address) for ttclid, address in visits.items()}
    assert {redirect.status_code for redirect in redirects.values()} == {302}
    installs = {
        ttclid: signalpost.install(visits[ttclid], install_referrer=play_referrer(redirect))["install_id"]
        for ttclid, redirect in redirects.items()
    }
    until(lambda: len(signalpost.received("Download")) == len(installs))
    assert {item["payload"]["user"].get("ttclid") for item in signalpost.received("Download")} == set(visits)
    for ttclid, install_id in installs.items():
        answer = signalpost.match(install_id)
        assert answer["match"]["method"] == "referrer", ttclid
    found = signalpost.command("click", "find", "--ip", "8.9.0.1")["items"]
    assert [click["ttclid"] for click in found] == [ttclid for ttclid, ip in visits.items() if ip == "8.9.0.1"]


def test_worker_killed_between_send_and_settle_sends_the_same_bytes_again(signalpost: Signalpost) -> None:
    ledger = signalpost.database_url()
    signalpost.script_fault(delay_s=5, times=1)  # TikTok takes the event and is slow to say so
    install = signalpost.install("8.9.1.1")
    until(lambda: signalpost.received("Download"))
    os.kill(signalpost.process_id("worker"), signal.SIGKILL)
    signalpost.end_leases(ledger)

    def settled() -> bool:
        deliveries = signalpost.match(install["install_id"])["deliveries"]
        return [delivery["state"] for delivery in deliveries] == ["delivered"]

    until(settled, patience_s=90)
    taken = signalpost.received("Download")
    assert len(taken) == 1
    assert taken[0]["sends"] == 2
    bodies = [request["body"] for request in signalpost.requests_seen() if "event/track" in request["path"]]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


def test_outage_of_tiktok_delays_a_conversion_and_no_more(signalpost: Signalpost) -> None:
    signalpost.script_fault(status=502)
    install = signalpost.install("8.9.2.1")
    signalpost.event(install["install_id"], "purchase", value=1, currency="USD")
    until(lambda: signalpost.received("Download") and signalpost.received("Purchase"), patience_s=90)
    assert all(item["sends"] == 1 for name in ("Download", "Purchase") for item in signalpost.received(name))


def test_forwarder_killed_after_its_answer_has_lost_nothing(signalpost: Signalpost) -> None:
    installs = [signalpost.install(f"8.9.3.{n}")["install_id"] for n in range(1, 6)]
    os.kill(signalpost.process_id("forwarder"), signal.SIGKILL)
    until(lambda: len(signalpost.received("Download")) == len(installs))
