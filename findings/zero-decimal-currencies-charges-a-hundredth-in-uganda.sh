#!/usr/bin/env bash
# zero-decimal-currencies 1.6.0 (amounts for Stripe): shillings of Uganda have no cents any more, and so it writes 5,000 of
# them as 5000. Stripe goes on counting them with two decimals that are always 00, as it does with crowns of Iceland: 5000
# is a charge of 50 shillings. (Only an amount that is no multiple of 100 is refused.) Read back, a payment of 5,000 seems
# to be 500,000 of revenue. The crowns it has right, and the yen, which both count whole, so that what goes wrong is one
# currency alone. The way out: for UGX, times 100 before Stripe, by 100 after it.
#
# Seen, of 5,000 of each:
#   USD: to Stripe 500000, Stripe counts 500000; back from it 5000
#   JPY: to Stripe 5000, Stripe counts 5000; back from it 5000
#   ISK: to Stripe 500000, Stripe counts 500000; back from it 5000
#   UGX: to Stripe 5000, Stripe counts 500000; back from it 500000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts zero-decimal-currencies@1.6.0 >/dev/null
node - <<'JAVASCRIPT'
const assert = require('node:assert');
const { fromSmallestUnit, toStripeUnit } = require('zero-decimal-currencies');

// with 5,000 as Stripe counts it: the zero-decimal currencies of its documentation, less that page's special cases
const cases = [
  ['USD', '500000', '500000', 5000],
  ['JPY', '5000', '5000', 5000],
  ['ISK', '500000', '500000', 5000],
  ['UGX', '5000', '500000', 500000],
];
for (const [currency, written, counted, read] of cases) {
  const to = String(toStripeUnit(5000, currency));
  const back = fromSmallestUnit(counted, currency);
  console.log(`${currency}: to Stripe ${to}, Stripe counts ${counted}; back from it ${back}`);
  assert.deepStrictEqual([to, back], [written, read], currency);
}
JAVASCRIPT
