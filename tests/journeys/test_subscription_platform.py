"""A trial that RevenueCat reports becomes a conversion with the ttclid of the ad click."""

import time

from tests.journeys.traveller import Signalpost, new_ttclid, play_referrer, until

SECRET = "Bearer what was entered at RevenueCat"


def test_a_trial_that_revenuecat_reports_becomes_a_conversion_of_the_click(signalpost: Signalpost) -> None:
    ttclid, app_id = new_ttclid(), signalpost.demo["app_id"]
    redirect = signalpost.click(ttclid, "8.8.6.1")
    install = signalpost.install("8.8.6.2", install_referrer=play_referrer(redirect), consent={"marketing": "granted"})
    signalpost.command("app", "set", app_id, f"revenuecat_authorization={SECRET}", "revenue_source=revenuecat")
    event = {
        "id": f"rc-{time.time_ns()}", "type": "INITIAL_PURCHASE", "period_type": "TRIAL", "environment": "PRODUCTION",
        "event_timestamp_ms": time.time_ns() // 1_000_000, "price": 0, "price_in_purchased_currency": 0,
        "currency": "EUR", "app_user_id": "$RCAnonymousID:1", "product_id": "weekly", "transaction_id": "tx-1",
        "original_transaction_id": "tx-1", "store": "PLAY_STORE",
        "subscriber_attributes": {
            "signalpost_install_id": {"value": install["install_id"]},
            "$email": {"value": "Jo@Example.com"},
        },
    }  # fmt: skip

    def posted() -> bool:
        """Other processes see a setting within a second."""
        url = f"{signalpost.url('forwarder')}/v1/webhooks/revenuecat/{app_id}"
        headers = {"authorization": SECRET}
        return (
            signalpost.http.post(url, json={"api_version": "1.0", "event": event}, headers=headers).status_code == 200
        )

    until(posted)
    trial = until(lambda: signalpost.received("StartTrial"))[0]
    assert trial["payload"]["user"]["ttclid"] == ttclid
    assert "value" not in trial["payload"].get("properties", {})
    assert "xample.com" not in str(trial["payload"])
    assert posted()
    items = signalpost.command("delivery", "list", "--limit", "200")["items"]
    states = [item["state"] for item in items if item["source_event"] == "rc_trial_started"]
    assert states == ["delivered"]
    [body] = signalpost.command("webhook", "list", "--app", app_id)["items"]
    assert (body["source_event"], body["joined"], body["install_id"]) == (
        "rc_trial_started", True, install["install_id"],
    )  # fmt: skip
