#!/usr/bin/env bash
# phonenumbers 9.0.43 (libphonenumber's metadata): numbers of plans that were given up are mostly invalid, as one expects:
# Cote d'Ivoire's of eight digits (until 2021), Benin's (until 2024), Mexico's with a 1 for mobiles (until 2019). Gabon's
# of seven digits, given up in 2019, are still valid, and the example of a Gabonese mobile number is one of them. Whoever
# takes "valid" for "is dialled so today" hashes a number for an ad network that no account there has.
#
# Seen:
#   old +22507123456 False, new +2250707123456 True
#   old +22997123456 False, new +2290197123456 True
#   old +5215512345678 False, new +525512345678 True
#   old +24106031234 True, new +24166031234 True
#   example of a Gabonese mobile number: +24106031234
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
"$folder/venv/bin/python" - <<'PYTHON'
import phonenumbers as p

PAIRS = (
    ("+22507123456", "+2250707123456", False),
    ("+22997123456", "+2290197123456", False),
    ("+5215512345678", "+525512345678", False),
    ("+24106031234", "+24166031234", True),
)
for old, new, old_is_valid in PAIRS:
    valid = [p.is_valid_number(p.parse(number)) for number in (old, new)]
    print(f"old {old} {valid[0]}, new {new} {valid[1]}")
    assert valid == [old_is_valid, True]
example = p.example_number_for_type("GA", p.PhoneNumberType.MOBILE)
text = p.format_number(example, p.PhoneNumberFormat.E164)
print("example of a Gabonese mobile number:", text)
assert text == "+24106031234"
PYTHON
