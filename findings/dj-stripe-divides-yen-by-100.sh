#!/usr/bin/env bash
# dj-stripe 2.11.0: Stripe counts in a currency's smallest unit, which for yen and won is the whole one, and dj-stripe
# divides every amount by 100. A charge of 1,000 yen is stored as 10, the price of a subscription reads so too; dinars of
# Kuwait, which Stripe counts in thousandths, come out ten times too large. Its settings hold the list of the currencies
# without decimals, and nothing reads it. Revenue summed from its tables is wrong in those currencies alone, and no sum
# looks odd by itself. The way out: `stripe_data`, which has Stripe's own amount.
#
# Seen:
#   1000 usd: a charge of 10.00, a price of 10.00 USD/month
#   1000 jpy: a charge of 10.00, a price of 10.00 JPY/month
#   9900 krw: a charge of 99.00, a price of 99.00 KRW/month
#   5000 kwd: a charge of 50.00, a price of 50.00 KWD/month
#   without decimals, it knows: jpy, krw
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dj-stripe==2.11.0 Django==5.2.19 stripe==15.6.2
"$folder/venv/bin/python" - <<'PYTHON'
import django
from django.conf import settings

KEY = "sk_test_" + 24 * "0"  # of nobody; nothing below asks Stripe
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "djstripe"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
    STRIPE_API_HOST="http://127.0.0.1:9",
    STRIPE_TEST_SECRET_KEY=KEY,
    SECRET_KEY="of a test",
    USE_TZ=True,
)
django.setup()
from django.core.management import call_command
from djstripe.models import Account, APIKey, Charge, Price, Product
from djstripe.settings import djstripe_settings

call_command("migrate", verbosity=0)
APIKey.objects.create(
    secret=KEY, livemode=False, type="secret", djstripe_owner_account=Account.objects.create(id="acct_1")
)
Product.objects.create(id="prod_1", name="Premium", livemode=False)
COMMON = {"livemode": False, "created": 1_790_000_000, "metadata": {}}
CASES = (("usd", 1_000, "10.00"), ("jpy", 1_000, "10.00"), ("krw", 9_900, "99.00"), ("kwd", 5_000, "50.00"))
for currency, amount, seen in CASES:
    charge = {"object": "charge", "id": f"ch_{currency}", "amount": amount, "currency": currency, "status": "succeeded"}
    Charge.sync_from_stripe_data(COMMON | charge | {"paid": True, "captured": True, "refunded": False})
    price = {"object": "price", "id": f"price_{currency}", "unit_amount": amount, "currency": currency, "active": True}
    monthly = {"type": "recurring", "recurring": {"interval": "month", "interval_count": 1}}
    Price.sync_from_stripe_data(COMMON | price | monthly | {"billing_scheme": "per_unit", "product": "prod_1"})
    stored = Charge.objects.get(id=f"ch_{currency}").amount
    written = Price.objects.get(id=f"price_{currency}").human_readable_price
    print(f"{amount} {currency}: a charge of {stored}, a price of {written.lstrip('$')}")
    assert str(stored) == seen
    assert written.lstrip("$") == f"{seen} {currency.upper()}/month"
known = [currency for currency, _, _ in CASES if currency in djstripe_settings.ZERO_DECIMAL_CURRENCIES]
print("without decimals, it knows:", ", ".join(known))
assert known == ["jpy", "krw"]
PYTHON
