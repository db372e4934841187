#!/usr/bin/env bash
# segno 1.6.6: segno.make() draws a Micro QR code where the text is short enough for one. A short link of up to 13
# characters at error level M is. Cameras of phones read QR codes and no Micro QR codes, so the printed code does nothing.
# The way out is segno.make_qr(), or micro=False.
#
# Seen:
#   http://a.io/a M4-M 17x17 micro
#   https://a.io/a 1-M 21x21 not micro
#   make_qr: http://a.io/a 1-M 21x21
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check segno==1.6.6
"$folder/venv/bin/python" - <<'PYTHON'
import segno

for url, micro in (("http://a.io/a", True), ("https://a.io/a", False)):
    code = segno.make(url, error="m")
    side = code.symbol_size(border=0)[0]
    print(url, code.designator, f"{side}x{side}", "micro" if code.is_micro else "not micro")
    assert code.is_micro is micro
whole = segno.make_qr("http://a.io/a", error="m")
print("make_qr: http://a.io/a", whole.designator, "{}x{}".format(*whole.symbol_size(border=0)))
assert not whole.is_micro
PYTHON
