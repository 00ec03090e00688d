"""Words for health (the model of the managed service: R-20 to R-41)."""

from enum import Enum


class Verdict(Enum):
    """What is believed of one check, or of one address that ``gtm`` was told of."""

    UP = "up"
    DOWN = "down"


class Health(Enum):
    """Derived state of an address, pool or access domain."""

    OK = "ok"
    OK_ALERT = "ok_alert"
    OK_NO_MONITOR = "ok_no_monitor"
    NO_DATA = "no_data"
    EXCEPTIONAL = "exceptional"

    @property
    def is_good(self) -> bool:
        """Every state but ``exceptional`` lets an address serve (R-21, R-28)."""
        return self is not Health.EXCEPTIONAL


def meets(good: int, total: int, percent: int) -> bool:
    """Tell whether enough are good: at least one, and at least ``percent`` of all (R-26, R-30)."""
    return good >= 1 and good * 100 >= percent * total
