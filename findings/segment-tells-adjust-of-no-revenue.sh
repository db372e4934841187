#!/usr/bin/env bash
# @segment/action-destinations 3.497.0 (Segment's own): to send an event to Adjust one maps a device's id, an advertising id,
# revenue and currency, of which the form says that they are Adjust's. What is sent has none of them as Adjust's parameters
# (idfa or gps_adid, revenue, currency): they stand, by Segment's names, in the text of `callback_params`, which Adjust hands
# on to one's own server without a look. The body is JSON sent as text/plain besides, where Adjust reads a form. So a
# purchase has neither a device, by which an ad would be credited, nor money. Nothing fails at Segment. The way out: Adjust's
# server-to-server API asked directly.
#
# Seen, of one purchase of 75.50 EUR:
#   ios: sends app_token, event_token, environment, s2s, callback_params, created_at_unix as text/plain
#     of Adjust's: idfa none, gps_adid none, revenue none, currency none
#     in callback_params: device_id, advertising_id, device_type, revenue 75.5, currency EUR
#   android: sends app_token, event_token, environment, s2s, callback_params, created_at_unix as text/plain
#     of Adjust's: idfa none, gps_adid none, revenue none, currency none
#     in callback_params: device_id, advertising_id, device_type, revenue 75.5, currency EUR
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
  sent.push({ type: request.headers.get('content-type'), body: JSON.parse(await request.text()) });
  return new fetch.Response('{}', { headers: { 'content-type': 'application/json' } });
};
require.cache[require.resolve('cross-fetch')].exports = Object.assign(instead, fetch);
const { createTestIntegration } = require('@segment/actions-core');
const adjust = require('@segment/action-destinations/dist/destinations/adjust').default;

const id = '00000000-89ab-4cde-8f01-23456789abcd';
const settings = { default_app_token: 'abcdefghijkl', default_event_token: 'abc123', environment: 'production' };
const run = async type => {
  const event = {
    type: 'track', event: 'Order Completed', timestamp: '2026-03-01T10:00:00.000Z',
    properties: { revenue: 75.5, currency: 'EUR' }, context: { device: { id, advertisingId: id, type } },
  };
  await createTestIntegration(adjust).testAction('sendEvent', { event, settings, useDefaultMappings: true });
  const { body, type: media } = sent.pop();
  const names = Object.keys(body);
  console.log(`${type}: sends ${names.join(', ')} as ${media.split(';')[0]}`);
  assert.deepStrictEqual(names, ['app_token', 'event_token', 'environment', 's2s', 'callback_params', 'created_at_unix']);
  assert.match(media, /^text\/plain/);
  const parameters = ['idfa', 'gps_adid', 'revenue', 'currency'];
  console.log(`  of Adjust's: ${parameters.map(name => `${name} ${body[name] ?? 'none'}`).join(', ')}`);
  assert.ok(parameters.every(name => !(name in body)));
  const { revenue, currency, device_id, advertising_id, device_type } = JSON.parse(body.callback_params);
  assert.deepStrictEqual([revenue, currency, device_id, advertising_id, device_type], [75.5, 'EUR', id, id, type]);
  console.log(`  in callback_params: device_id, advertising_id, device_type, revenue ${revenue}, currency ${currency}`);
};
run('ios').then(() => run('android'));
JAVASCRIPT
