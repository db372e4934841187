#!/usr/bin/env bash
# facebook-nodejs-business-sdk 24.0.1 and capi-param-builder-nodejs 1.3.2, both Meta's and both made to hash people's data
# for its Conversions API: they disagree on one person. Of a British postcode the first takes the space away, the second
# keeps it; of Sao Paulo with its tilde the first keeps the letter, the second drops it. Where they agree they surprise
# too: what follows a dash is cut off in every country, as of an American ZIP+4, so that a Polish code is its first two
# digits. Whoever sends an order by the one and a sign-up by the other has two people of one.
#
# Seen:
#   zip  SW1A 1AA    business SDK "sw1a1aa", parameter builder "sw1a 1aa"
#   zip  00-950      business SDK "00", parameter builder "00"
#   zip  94035-1234  business SDK "94035", parameter builder "94035"
#   city São Paulo   business SDK "sãopaulo", parameter builder "sopaulo"
#   city New York    business SDK "newyork", parameter builder "newyork"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts \
  facebook-nodejs-business-sdk@24.0.1 capi-param-builder-nodejs@1.3.2 >/dev/null
node - <<'JAVASCRIPT'
const assert = require('node:assert');
const { createHash } = require('node:crypto');
const { UserData } = require('facebook-nodejs-business-sdk');
const { ParamBuilder, PII_DATA_TYPE } = require('capi-param-builder-nodejs');

const sha256 = text => createHash('sha256').update(text).digest('hex');
const cases = [
  ['zip', 'SW1A 1AA', 'sw1a1aa', 'sw1a 1aa'],
  ['zip', '00-950', '00', '00'],
  ['zip', '94035-1234', '94035', '94035'],
  ['city', 'São Paulo', 'sãopaulo', 'sopaulo'],
  ['city', 'New York', 'newyork', 'newyork'],
];
for (const [field, value, ofSdk, ofBuilder] of cases) {
  const user = field === 'zip' ? new UserData().setZip(value) : new UserData().setCity(value);
  const sent = user.normalize()[field === 'zip' ? 'zp' : 'ct'];
  assert.deepStrictEqual([sent].flat(), [sha256(ofSdk)], value);
  const type = field === 'zip' ? PII_DATA_TYPE.ZIP_CODE : PII_DATA_TYPE.CITY;
  const built = new ParamBuilder().getNormalizedAndHashedPII(value, type);
  assert.strictEqual(built.split('.')[0], sha256(ofBuilder), value);
  console.log(field.padEnd(4), value.padEnd(11), `business SDK "${ofSdk}", parameter builder "${ofBuilder}"`);
}
JAVASCRIPT
