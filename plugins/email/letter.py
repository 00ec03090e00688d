"""An e-mail about alerts, for people: what is worst stands in the subject. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Final

from gtm import Alert, one_line

LINES: Final = 500
LONGEST: Final = 200
_WORST: Final = (
    "domain_down",
    "pool_down",
    "address_down",
    "brake_on",
    "configuration_refused",
    "state_not_kept",
    "probe_late",
    "certificate_expires",
)


def letter(sender: str, receivers: Sequence[str], server: str, alerts: Sequence[Alert]) -> EmailMessage:
    """Write it; the same alerts make the same Message-ID."""
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = ", ".join(receivers)
    made["Subject"] = subject(alerts)
    made["Date"] = format_datetime(when(alerts[0]))
    digest = sha256("\n".join(alert.key for alert in alerts).encode()).hexdigest()[:32]
    made["Message-ID"] = f"<{digest}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers that they are on holiday
    made.set_content(text(server, alerts))
    return made


def subject(alerts: Sequence[Alert]) -> str:
    """Say what is worst, and how much more there is."""
    worst = min(alerts, key=lambda alert: _WORST.index(alert.event) if alert.event in _WORST else len(_WORST))
    more = f" (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""
    return one_line(f"[gtm] {worst.headline}", LONGEST) + more


def text(server: str, alerts: Sequence[Alert]) -> str:
    """Say all of it, a paragraph for each alert."""
    lines = [f"gtm on {server} tells:", ""]
    for alert in alerts[:LINES]:
        lines.append(f"{when(alert):%Y-%m-%d %H:%M:%S} UTC  {one_line(alert.sentence)}")
        lines += [f"    concerns {one_line(', '.join(alert.domains[:10]))}"] if alert.domains else []
    if len(alerts) > LINES:
        lines.append(f"and {len(alerts) - LINES} more")
    return "\n".join([*lines, "", "All of it: gtm alerts --since 1d", ""])


def when(alert: Alert) -> datetime:
    """Give an alert's moment, to the second."""
    return datetime.fromtimestamp(int(alert.moment), UTC)
