#!/usr/bin/env bash
# @segment/action-destinations 3.497.0 (Segment's own): Google asks that all dots before gmail.com be taken out of an address
# that is hashed for its conversions. Three of the actions of Segment's destination for Google take out the first dot alone,
# a fourth, for the older tag, takes all. So a person with two dots in the address has one hash by which no Google account
# is found, and another by the other action of the same destination; people with one dot or none are found by both. No
# error comes, the match rate is merely lower. The way out: hand over the address without dots, or its SHA-256.
#
# Seen, of addresses shorter than Google gives out:
#   j.ane@gmail.com          conversion, adjustment and list jane@gmail.com, tag jane@gmail.com
#   j.a.ne@gmail.com         conversion, adjustment and list ja.ne@gmail.com, tag jane@gmail.com
#   j.a.n.e@googlemail.com   conversion, adjustment and list ja.n.e@googlemail.com, tag jane@googlemail.com
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# two packages that it pulls in have newer versions that do not fit it, or none of the one that it names
echo '{"overrides": {"fast-uri": "3.0.6", "@aws-sdk/client-kinesis": "3.1143.0"}}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @segment/action-destinations@3.497.0 >/dev/null
node - <<'JAVASCRIPT'
const assert = require('node:assert');
const { createHash } = require('node:crypto');
const fetch = require('cross-fetch');

const sent = [];
const instead = async request => {  // nothing leaves this machine
  sent.push(await request.text());
  const job = JSON.stringify({ resourceName: 'customers/1/offlineUserDataJobs/1' });
  return new fetch.Response(job, { headers: { 'content-type': 'application/json' } });
};
require.cache[require.resolve('cross-fetch')].exports = Object.assign(instead, fetch);
const { createTestIntegration } = require('@segment/actions-core');
const google = require('@segment/action-destinations/dist/destinations/google-enhanced-conversions').default;

const at = '2026-03-01T10:00:00Z';
const settings = { customerId: '1', conversionTrackingId: '1' };
const auth = { accessToken: 'of nobody', refreshToken: 'of nobody' };
const actions = [
  ['uploadClickConversion', { conversion_action: '1', conversion_timestamp: at }, 'email_address'],
  ['uploadConversionAdjustment',
    { conversion_action: '1', adjustment_type: 'ENHANCEMENT', order_id: 'o1', conversion_timestamp: at }, 'email_address'],
  ['userList', {
    event_name: 'Audience Entered', __segment_internal_sync_mode: 'add',
    retlOnMappingSave: { outputs: { id: '1', external_id_type: 'CONTACT_INFO' } },
    ad_user_data_consent_state: 'GRANTED', ad_personalization_consent_state: 'GRANTED',
  }, 'email'],
  ['postConversion', { conversion_label: 'l', transaction_id: 'o1', conversion_time: at }, 'email'],
];
const cases = [
  ['j.ane@gmail.com', 'jane@gmail.com', 'jane@gmail.com'],
  ['j.a.ne@gmail.com', 'ja.ne@gmail.com', 'jane@gmail.com'],
  ['j.a.n.e@googlemail.com', 'ja.n.e@googlemail.com', 'jane@googlemail.com'],
];
const sha256 = (text, how) => {
  const hash = createHash('sha256').update(text).digest(how);
  return how === 'hex' ? hash : hash.replaceAll('/', '_').replaceAll('+', '-');  // as the older tag wants it
};
(async () => {
  for (const [address, ofThree, ofTag] of cases) {
    for (const [action, mapping, field] of actions) {
      sent.length = 0;
      const event = { type: 'track', timestamp: at, properties: {}, context: { personas: { external_audience_id: '1' } } };
      const how = { event, settings, auth, mapping: { ...mapping, [field]: address } };
      await createTestIntegration(google).testAction(action, how);
      const expected = action === 'postConversion' ? sha256(ofTag, 'base64') : sha256(ofThree, 'hex');
      assert.ok(sent.some(body => body.includes(`"${expected}"`)), `${action} ${address}`);
    }
    console.log(address.padEnd(24), `conversion, adjustment and list ${ofThree}, tag ${ofTag}`);
  }
})();
JAVASCRIPT
