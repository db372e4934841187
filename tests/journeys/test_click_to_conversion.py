"""The main job: an ad click becomes a conversion at TikTok."""

import concurrent.futures
import uuid

from tests.journeys.traveller import IPHONE, Signalpost, new_ttclid, play_referrer, until


def test_android_click_becomes_conversions_that_carry_its_ttclid(signalpost: Signalpost) -> None:
    ttclid = new_ttclid()
    redirect = signalpost.click(ttclid, "8.8.4.1", campaign_name="Café 夏")
    assert redirect.status_code == 302
    install = signalpost.install("8.8.4.2", install_referrer=play_referrer(redirect), user={"email": "A@example.com "})
    assert install["match"]["method"] == "referrer"
    assert install["match"]["campaign_name"] == "Café 夏"
    signalpost.event(install["install_id"], "purchase", value="9.99", currency="EUR")
    download, purchase = (until(lambda name=name: signalpost.received(name))[0] for name in ("Download", "Purchase"))
    assert download["payload"]["user"]["ttclid"] == purchase["payload"]["user"]["ttclid"] == ttclid
    assert purchase["payload"]["properties"] == {"value": 9.99, "currency": "EUR", "content_type": "product"}
    assert purchase["payload"]["page"]["url"].startswith(f"{signalpost.url('redirector')}/demo?campaign_id=179&")
    assert ttclid in purchase["payload"]["page"]["url"]
    assert "example.com" not in str(download["payload"])


def test_iphone_click_is_matched_by_address_and_keeps_its_click_for_later_events(signalpost: Signalpost) -> None:
    ttclid = new_ttclid()
    redirect = signalpost.click(ttclid, "2a00:1450:4001:81b::1", IPHONE)
    assert redirect.headers["location"].startswith("https://apps.apple.com/app/id")
    install = signalpost.install(
        "2a00:1450:4001:81b:ffff::2",
        platform="ios",
        device={"os_version": "18.6.2", "model": "iPhone16,1"},
        consent={"marketing": "granted"},
    )
    assert install["match"]["method"] == "probabilistic"
    signalpost.event(install["install_id"], "start_trial")
    trial = until(lambda: signalpost.received("StartTrial"))[0]
    assert trial["payload"]["user"]["ttclid"] == ttclid
    assert trial["payload"]["user"]["ip"] == "2a00:1450:4001:81b:ffff::2"


def test_event_that_comes_before_its_install_waits_for_it(signalpost: Signalpost) -> None:
    ttclid, install_id = new_ttclid(), str(uuid.uuid4())
    redirect = signalpost.click(ttclid, "8.8.4.3")
    signalpost.event(install_id, "sign_up")
    signalpost.install("8.8.4.3", install_id=install_id, install_referrer=play_referrer(redirect))
    sign_up = until(lambda: signalpost.received("CompleteRegistration"))[0]
    assert sign_up["payload"]["user"]["ttclid"] == ttclid


def test_storm_of_one_install_is_one_conversion_and_one_answer(signalpost: Signalpost) -> None:
    redirect, install_id = signalpost.click(new_ttclid(), "8.8.4.4"), str(uuid.uuid4())
    report = {"install_id": install_id, "install_referrer": play_referrer(redirect)}
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: signalpost.install("8.8.4.4", **report), range(100)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["attributed"] is True
    until(lambda: signalpost.received("Download"))
    items = signalpost.command("delivery", "list", "--limit", "200")["items"]
    assert [item["state"] for item in items if item["install_id"] == install_id] == ["delivered"]
    assert len(signalpost.received("Download")) == 1


def test_denied_consent_reaches_nobody_and_leaves_a_row_that_says_so(signalpost: Signalpost) -> None:
    redirect = signalpost.click(new_ttclid(), "8.8.4.5")
    refused = signalpost.install("8.8.4.5", install_referrer=play_referrer(redirect), consent={"marketing": "denied"})
    assert refused["attributed"] is False
    granted = signalpost.install("8.8.4.6", consent={"marketing": "granted"})
    until(lambda: signalpost.received("Download"))
    items = signalpost.command("delivery", "list", "--limit", "200")["items"]
    states = {item["install_id"]: (item["state"], item["reason"]) for item in items}
    assert states[refused["install_id"]] == ("suppressed", "consent denied")
    assert states[granted["install_id"]][0] == "delivered"
    assert len(signalpost.received("Download")) == 1


def test_report_counts_the_clicks_and_the_installs_of_a_campaign(signalpost: Signalpost) -> None:
    redirect, *_ = (signalpost.click(new_ttclid(), f"8.8.5.{n}", campaign_id="777001") for n in range(3))
    signalpost.click(new_ttclid(), "8.8.5.9", "facebookexternalhit/1.1", campaign_id="777001")
    install = signalpost.install("8.8.5.0", install_referrer=play_referrer(redirect))
    signalpost.event(install["install_id"], "purchase", value=5, currency="EUR")

    def counted() -> bool:
        rows = signalpost.command("report", "--app", signalpost.demo["app_id"], "--by", "campaign")["rows"]
        row = next((row for row in rows if "777001" in row["key"].values()), None)
        if row is None or row["key"]["campaign_name"] != "Summer":
            return False
        return (row["link_clicks"], row["visits"], row["installs"], row["events"]) == (3, 1, 1, 1)

    until(counted)
