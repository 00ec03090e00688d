"""What can be told of, as ``events`` of an ``[[alert]]`` names it."""

from typing import Final

ADDRESS_DOWN: Final = "address_down"
ADDRESS_UP: Final = "address_up"
POOL_DOWN: Final = "pool_down"
POOL_UP: Final = "pool_up"
DOMAIN_DOWN: Final = "domain_down"
DOMAIN_UP: Final = "domain_up"
CERTIFICATE_EXPIRES: Final = "certificate_expires"
PROBE_LATE: Final = "probe_late"
CONFIGURATION_REFUSED: Final = "configuration_refused"
BRAKE_ON: Final = "brake_on"
BRAKE_OFF: Final = "brake_off"
STATE_NOT_KEPT: Final = "state_not_kept"
OF_SERVER: Final = (CONFIGURATION_REFUSED, BRAKE_ON, BRAKE_OFF, STATE_NOT_KEPT)
"""Those that concern no access domain."""
ALERT_LOST: Final = "alert_lost"
"""A channel was given up: it stands in the alert log, and nobody else is told."""
EVENTS: Final = (
    ADDRESS_DOWN, ADDRESS_UP, POOL_DOWN, POOL_UP, DOMAIN_DOWN, DOMAIN_UP,
    CERTIFICATE_EXPIRES, PROBE_LATE, CONFIGURATION_REFUSED, BRAKE_ON, BRAKE_OFF, STATE_NOT_KEPT,
)  # fmt: skip
