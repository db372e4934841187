"""The table of webhook providers."""

from typing import get_args

from ledger.webhook_providers import PREFIXES, PROVIDERS, SALE_EVENTS, SECRETS, Provider, RevenueSource


def test_the_type_names_those_of_the_table_and_sales_come_from_one_of_them_or_the_sdk() -> None:
    assert list(PROVIDERS) == list(get_args(Provider))
    assert get_args(RevenueSource) == ("sdk", *PROVIDERS)


def test_no_two_share_a_secret_or_a_prefix() -> None:
    assert len(set(SECRETS)) == len(set(PREFIXES)) == len(PROVIDERS)


def test_a_sale_of_a_provider_is_a_source_event_under_its_prefix() -> None:
    assert {"rc_renewal", "sw_one_time", "adapty_trial_converted", "stripe_subscription_started"} <= set(SALE_EVENTS)
    assert "rc_trial_started" not in SALE_EVENTS
