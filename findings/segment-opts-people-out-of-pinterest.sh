#!/usr/bin/env bash
# @segment/action-destinations 3.497.0 (Segment's own): what it sends to Pinterest's conversion API says `opt_out: true`
# unless one maps that field. It is the field by which Pinterest is told that a person has opted out of tracking, or, for
# apps, that the phone limits ad tracking. All eight of the ready-made mappings have it so. An event that says nothing of
# consent, and one of a phone that allows tracking, are told as of people who refused, and nothing fails. To TikTok, by the
# same package, the same checkout goes without a limit. The way out: map `opt_out` to what the person chose.
#
# Seen:
#   a checkout on the web: opt_out true
#   a sign-up in an iPhone's app, tracking allowed: opt_out true
#   the same, with opt_out mapped to what the phone says: opt_out false
#   ready-made mappings: 8 of 8 with opt_out true
#   the checkout told to TikTok: limited_data_use false
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# two packages that it pulls in have newer versions that do not fit it, or none of the one that it names
echo '{"overrides": {"fast-uri": "3.0.6", "@aws-sdk/client-kinesis": "3.1143.0"}}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @segment/action-destinations@3.497.0 >/dev/null
node - <<'JAVASCRIPT'
const assert = require('node:assert');
const fetch = require('cross-fetch');

const sent = [];
const instead = async request => {  // nothing leaves this machine
  sent.push(JSON.parse(await request.text()).data[0]);
  return new fetch.Response('{}', { headers: { 'content-type': 'application/json' } });
};
require.cache[require.resolve('cross-fetch')].exports = Object.assign(instead, fetch);
const { createTestIntegration } = require('@segment/actions-core');
const destination = name => require(`@segment/action-destinations/dist/destinations/${name}`).default;
const pinterest = destination('pinterest-conversions');

const settings = { ad_account_id: '1', conversion_token: 'of nobody' };
const event = {
  type: 'track', event: 'Order Completed', messageId: 'message-1', timestamp: '2026-03-01T10:00:00.000Z',
  properties: { email: 'someone@example.com' },
  context: { ip: '192.0.2.1', userAgent: 'Example/1.0', app: { name: 'Example' } },
};
const phone = { id: 'phone-1', type: 'ios', adTrackingEnabled: true };
const inApp = { ...event, event: 'Signed Up', context: { ...event.context, device: phone } };
const chosen = { '@if': { exists: { '@path': '$.context.device.adTrackingEnabled' }, then: false, else: true } };
const cases = [
  ['a checkout on the web', event, { event_name: 'checkout', action_source: 'web' }, true],
  ["a sign-up in an iPhone's app, tracking allowed", inApp, { event_name: 'signup', action_source: 'app_ios' }, true],
  ['the same, with opt_out mapped to what the phone says', inApp,
    { event_name: 'signup', action_source: 'app_ios', opt_out: chosen }, false],
];
(async () => {
  for (const [name, what, mapping, expected] of cases) {
    const how = { event: what, settings, mapping, useDefaultMappings: true };
    await createTestIntegration(pinterest).testAction('reportConversionEvent', how);
    const { opt_out: optOut, event_name: eventName } = sent.pop();
    console.log(`${name}: opt_out ${optOut}`);
    assert.deepStrictEqual([optOut, eventName], [expected, mapping.event_name], name);
  }
  const optedOut = pinterest.presets.filter(preset => preset.mapping.opt_out === true);
  console.log(`ready-made mappings: ${optedOut.length} of ${pinterest.presets.length} with opt_out true`);
  assert.deepStrictEqual([optedOut.length, pinterest.presets.length], [8, 8]);
  const how = { event, settings: { accessToken: 'of nobody', pixelCode: 'P1' }, useDefaultMappings: true };
  await createTestIntegration(destination('tiktok-conversions'))
    .testAction('reportWebEvent', { ...how, mapping: { event: 'CompletePayment' } });
  const { limited_data_use: limited } = sent.pop();
  console.log(`the checkout told to TikTok: limited_data_use ${limited}`);
  assert.strictEqual(limited, false);
})();
JAVASCRIPT
