#!/usr/bin/env bash
# snap-business-sdk 1.0.0 (Snap's own, for its Conversions API): a phone number in E.164 is hashed with a 1 before it. The
# SDK takes a country's code only where a space or a dash follows it; without one it adds its default, the United States'.
# So the form that every other ad network asks for is the one that goes wrong, American numbers included, and without an
# error. The way out: hand over `hashed_phone_number`, or a space after the country's code.
#
# Seen:
#   +14155550100        hashed as 114155550100, not as its digits
#   +442079460958       hashed as 1442079460958, not as its digits
#   00442079460958      hashed as 10442079460958, not as its digits
#   +1 415 555 0100     hashed as 14155550100
#   +44 20 7946 0958    hashed as 442079460958
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check snap-business-sdk==1.0.0
"$folder/venv/bin/python" - <<'PYTHON'
from hashlib import sha256

from snap_business_sdk.public.conversion_event import ConversionEvent

CASES = (
    ("+14155550100", "14155550100", "114155550100"),
    ("+442079460958", "442079460958", "1442079460958"),
    ("00442079460958", "442079460958", "10442079460958"),
    ("+1 415 555 0100", "14155550100", "14155550100"),
    ("+44 20 7946 0958", "442079460958", "442079460958"),
)
for number, digits, seen in CASES:
    event = ConversionEvent(phone_number=number).getCapiEvent()
    assert event.hashed_phone_number == sha256(seen.encode()).hexdigest(), number
    print(f"{number:<19} hashed as {seen}{'' if seen == digits else ', not as its digits'}")
PYTHON
