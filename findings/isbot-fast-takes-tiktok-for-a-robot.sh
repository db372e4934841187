#!/usr/bin/env bash
# isbot-fast 1.2.0: people who tap an ad in TikTok's app on Android are robots to it. The list has the bare word "google",
# for Google's crawlers, and TikTok's webview names the store that the app came from: "Channel/googleplay". Instagram's
# webview names the maker of a Pixel. The same taps on an iPhone are people, so what is lost is one platform's, and looks
# like a difference between the platforms. isbot 5.2.3, which it says it is a faster kind of, takes all of them for people.
#
# Seen:
#   TikTok on Android              isbot-fast true, isbot false
#   TikTok on an iPhone            isbot-fast false, isbot false
#   Instagram on a Pixel           isbot-fast true, isbot false
#   Chrome on the Android phone    isbot-fast false, isbot false
#   Googlebot                      isbot-fast true, isbot true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts isbot-fast@1.2.0 isbot@5.2.3 >/dev/null
node - <<'JAVASCRIPT'
const assert = require('node:assert');
const isBotFast = require('isbot-fast');
const { isbot } = require('isbot');

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const view = `${webkit} Version/4.0 Chrome/126.0.6478.134 Mobile Safari/537.36`;
const android = `Mozilla/5.0 (Linux; Android 14; SM-S901U Build/UP1A.231005.007; wv) ${view}`;
const pixel = `Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/UP1A.231005.007; wv) ${view}`;
const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';
const tiktok = 'JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/35.7.3 ByteLocale/en Region/US';
const cases = [
  ['TikTok on Android', `${android} musical_ly_2023507030 ${tiktok} BytedanceWebview/d8a21c6`, true, false],
  ['TikTok on an iPhone', `${iphone} musical_ly_41.6.0 JsSdk/2.0 NetType/WIFI Channel/App Store Region/US`, false, false],
  ['Instagram on a Pixel', `${pixel} Instagram 404.0.0.48.76 Android (34/14; 420dpi; 1080x2340; Google/google; Pixel 7)`, true, false],
  ['Chrome on the Android phone', `Mozilla/5.0 (Linux; Android 10; K) ${webkit} Chrome/126.0.0.0 Mobile Safari/537.36`, false, false],
  ['Googlebot', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', true, true],
];
for (const [name, agent, fast, usual] of cases) {
  const found = [isBotFast(agent), isbot(agent)];
  console.log(name.padEnd(30), `isbot-fast ${found[0]}, isbot ${found[1]}`);
  assert.deepStrictEqual(found, [fast, usual], name);
}
JAVASCRIPT
