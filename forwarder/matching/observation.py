"""What one matched install teaches: coarse values, never an id or an address."""

import msgspec


class AddressUsage(msgspec.Struct, frozen=True, array_like=True):
    """The devices that clicked from one of the install's addresses within 72 h."""

    family: str
    """v4 | v6."""
    devices: int
    explained: float
    """Probability that the install's own click is among theirs."""


class Trial(msgspec.Struct, frozen=True, array_like=True):
    """The probabilistic engine's answer on an install whose click is known for certain."""

    table: str
    """full: everything was compared; address: without the model, as on an iPhone; `:any`: whether it was any of the
    candidates, else which of them.
    """
    predicted: float
    right: bool


class Observation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an install adds to the statistics. Stored with it only until a worker has added it."""

    app_id: str
    platform: str
    """ios | android."""
    values: dict[str, str] = {}
    """Group (`os:ios`, `model`, `time_zone:US`) -> the install's value."""
    explained: float | None = None
    """Probability that a click behind one of its addresses brought the install; None where that was not asked."""
    referrer: str | None = None
    """The kind of Play's referrer; None where nobody looked, and on iOS."""
    explained_without_referrer: float | None = None
    """`explained` as it were if an unproven referrer said nothing; None = the same."""
    addresses: tuple[AddressUsage, ...] = msgspec.field(name="crowds", default=())
    click_to_install_s: float | None = None
    """Where the store or a link named the click."""
    trials: tuple[Trial, ...] = ()
