"""Telephone numbers whose plan has changed: how a number written in the old form is dialled today.

Each rule rewrites the digits behind the country code. What comes out must be a valid number of today's plan
(libphonenumber's metadata), else the number stays as it was.
"""

import re
from typing import Final

# country code -> (old form, new form). Sources: the ITU's notices of changed plans, and the regulators that are named.
CHANGES: Final[dict[int, tuple[tuple[re.Pattern[str], str], ...]]] = {
    # Mexico: the 1 for mobiles and all prefixes were dropped on 2019-08-03 (IFT, numbering plan of 2018)
    52: ((re.compile(r"1(\d{10})"), r"\1"), (re.compile(r"04[45](\d{10})"), r"\1")),
    # Benin: 01 before every eight-digit number since 2024-11-30 (ARCEP Benin)
    229: ((re.compile(r"(\d{8})"), r"01\1"),),
    # Cote d'Ivoire: ten digits since 2021-01-31, the new prefix by operator and kind (ARTCI)
    225: (
        (re.compile(r"([04578][123]\d{6})"), r"01\1"),  # Moov: 01 02 03, 40 to 43, 50 to 53, 70 to 73
        (re.compile(r"([04578][456]\d{6})"), r"05\1"),  # MTN: 04 05 06, 44 to 46, 54 to 56, 64 to 66 and so on
        (re.compile(r"6[456]\d{6}"), r"05\g<0>"),
        (re.compile(r"([045789][789]\d{6})"), r"07\1"),  # Orange: 07 08 09, 47 to 49, 57 to 59, 67 to 69 and so on
        (re.compile(r"6[789]\d{6}"), r"07\g<0>"),
        (re.compile(r"2\d8\d{5}"), r"21\g<0>"),  # fixed: Moov, MTN, Orange by the third digit
        (re.compile(r"2\d0\d{5}"), r"25\g<0>"),
        (re.compile(r"[23]\d[1-79]\d{5}"), r"27\g<0>"),
    ),
    # Brazil: mobiles have a ninth digit, 9 in front, everywhere since 2016-11-06 (Anatel, Resolucao 553/2010)
    55: ((re.compile(r"([1-9]\d)([6-9]\d{7})"), r"\g<1>9\2"),),
    # Viet Nam: eleven-digit mobiles became ten from 2018-09-15 (MIC, Decision 798/QD-BTTTT)
    84: tuple(
        (re.compile(rf"{old}(\d{{7}})"), rf"{new}\1")
        for old, new in (
            ("162", "32"), ("163", "33"), ("164", "34"), ("165", "35"), ("166", "36"), ("167", "37"), ("168", "38"),
            ("169", "39"), ("120", "70"), ("121", "79"), ("122", "77"), ("126", "76"), ("128", "78"), ("123", "83"),
            ("124", "84"), ("125", "85"), ("127", "81"), ("129", "82"), ("186", "56"), ("188", "58"), ("199", "59"),
        )
    ),
    # Argentina: from abroad a mobile has 9 before the area code, never 15 behind it (ENACOM)
    54: ((re.compile(r"9?0?(11)15(\d{8})"), r"9\1\2"), (re.compile(r"9?0?([23]\d{2})15(\d{7})"), r"9\1\2")),
    # Gabon: eight digits since 2019-06-29, 6 or 7 or 1 in front (ARCEP Gabon)
    241: (
        (re.compile(r"0?([26]\d{6})"), r"6\1"),
        (re.compile(r"0?(5\d{6})"), r"6\1"),
        (re.compile(r"0?([47]\d{6})"), r"7\1"),
        (re.compile(r"0?(1\d{6})"), r"1\1"),
    ),
    # Colombia: fixed lines are 60 and the area code since 2021-09-01 (CRC, Resolucion 5826)
    57: ((re.compile(r"([1245678])(\d{7})"), r"60\1\2"),),
    # Chile: every number has nine digits, mobiles 9 in front, since 2013 and 2016 (Subtel)
    56: ((re.compile(r"([5-9]\d{7})"), r"9\1"),),
    # Mauritius: mobiles 5 in front since 2013-09-01 (ICTA)
    230: ((re.compile(r"([479]\d{6})"), r"5\1"),),
    # Cameroon: nine digits since 2014-11-21, 6 before mobiles, 2 before fixed lines (ART)
    237: ((re.compile(r"([5-9]\d{7})"), r"6\1"), (re.compile(r"([23]\d{7})"), r"2\1")),
    # Costa Rica: eight digits since 2008-03-20, 8 before mobiles, 2 before fixed lines (SUTEL)
    506: ((re.compile(r"([38]\d{6})"), r"8\1"), (re.compile(r"([24-7]\d{6})"), r"2\1")),
}  # fmt: skip

RETIRED: Final = frozenset({241})
"""Country codes whose old numbers are out of use although libphonenumber's metadata still lets them pass."""
