"""Where clicks come from: how many share an address decides what a click costs in memory."""

_FIRST_OCTET, _FIRST_OCTETS = 41, 59  # 41 to 99: public space, nothing private or reserved
_SPREAD = 2_654_435_761  # odd, so that multiplying permutes the 24 low bits


def address_of(click: int) -> bytes:
    """The IPv4 address the n-th click comes from, as text. Distinct addresses for the first 21 million clicks."""
    number = click * 10 // 13  # 1.3 clicks come from an address
    low = number * _SPREAD & 0xFFFFFF
    return b"%d.%d.%d.%d" % (_FIRST_OCTET + number % _FIRST_OCTETS, low >> 16, low >> 8 & 255, low & 255)
