"""What a webhook says, in each style, how it is signed, and what an answer means. Pure.

The documented JSON is ``Message``. The robots of DingTalk, WeCom and Feishu answer with status 200 whatever they think of a
message: only the code within counts.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from gtm import Alert

Style = Literal["json", "slack", "dingtalk", "wecom", "feishu"]
ROBOTS: Final = ("dingtalk", "wecom", "feishu")
SIGNING: Final = ("dingtalk", "feishu")
PAUSES: Final = MappingProxyType({"slack": 1.0, "dingtalk": 3.0, "wecom": 3.0, "feishu": 1.0})
"""Seconds between two messages: DingTalk and WeCom take 20 a minute, and DingTalk then none for ten."""
LINES: Final = 20
OCTETS: Final = 2000
"""Lines and octets of a text at most: WeCom takes 2,048 octets, and nobody reads more."""


class Told(msgspec.Struct, frozen=True):
    """One alert, as a receiver gets it."""

    event: Annotated[str, Meta(description="what happened, such as pool_down; more words may come")]
    subject: Annotated[str, Meta(description="what it happened to, such as pool:hk")]
    reason: Annotated[str, Meta(description="why, in words for people")]
    moment: Annotated[datetime, Meta(description="when, RFC 3339 in UTC", tz=True)]
    key: Annotated[str, Meta(description="the same whenever the same alert is sent again")]
    flaps: Annotated[int, Meta(description="changes that were kept back since the last alert on this subject", ge=0)]
    pools: Annotated[tuple[str, ...], Meta(description="keys of the pools that it concerns")]
    domains: Annotated[tuple[str, ...], Meta(description="keys of the access domains that it concerns")]
    name: Annotated[str, Meta(description="what the Corefile calls an address, where it does")] = ""


class Message(msgspec.Struct, frozen=True):
    """What is posted in the style "json"."""

    version: Annotated[Literal[1], Meta(description="of this schema; fields may be added without a new one")]
    server: Annotated[str, Meta(description="host name of the machine that tells")]
    alerts: Annotated[
        tuple[Told, ...],
        Meta(description="what happened within the same second, or waited together, oldest first", min_length=1),
    ]


class _Answer(msgspec.Struct):
    """What a robot answers; Feishu's older ones say ``StatusCode``."""

    errcode: int | None = None
    errmsg: str = ""
    code: int | None = None
    msg: str = ""
    status: int | None = msgspec.field(default=None, name="StatusCode")
    status_text: str = msgspec.field(default="", name="StatusMessage")


def body(style: Style, server: str, alerts: Sequence[Alert]) -> dict[str, object]:
    """Make what is posted, without a signature."""
    match style:
        case "json":
            told = tuple(
                Told(
                    one.event, one.subject, one.reason, when(one), one.key, one.flaps, one.pools, one.domains, one.name
                )
                for one in alerts
            )
            made: dict[str, object] = msgspec.to_builtins(Message(1, server, told))
            return made
        case "slack":
            escaped = text(server, alerts).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            return {"text": escaped}
        case "feishu":
            # or somebody else's words could be an <at user_id="all">
            harmless = text(server, alerts).replace("<", "\N{FULLWIDTH LESS-THAN SIGN}")
            return {"msg_type": "text", "content": {"text": harmless}}
        case _:
            return {"msgtype": "text", "text": {"content": text(server, alerts)}}


def text(server: str, alerts: Sequence[Alert]) -> str:
    """Say it in lines for people; what has no room is counted."""
    lines = [f"gtm on {server}"]
    size = len(lines[0].encode())
    for number, alert in enumerate(alerts):
        line = f"{when(alert):%Y-%m-%d %H:%M:%S} UTC {alert.sentence}"
        cut = line.encode()[: OCTETS // 2].decode(errors="ignore")
        size += len(cut.encode()) + 1
        if number and (number == LINES or size > OCTETS - 40):
            lines.append(f"and {len(alerts) - number} more")
            break
        lines.append(cut)
    return "\n".join(lines)


def when(alert: Alert) -> datetime:
    """Give an alert's moment, to the millisecond."""
    return datetime.fromtimestamp(round(alert.moment, 3), UTC)


def once(alerts: Sequence[Alert]) -> str:
    """Name a delivery by its alerts: the same whenever it is tried again."""
    return sha256("\n".join(alert.key for alert in alerts).encode()).hexdigest()[:32]


def signed(style: Style, secret: str, now: float) -> dict[str, str]:
    """Sign as a robot wants it; DingTalk takes this in the URL, Feishu in the body. ``now`` is in seconds since 1970."""
    if style == "dingtalk":
        timestamp = str(round(now * 1000))
        digest = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")
    else:
        timestamp = str(int(now))
        digest = hmac.digest(f"{timestamp}\n{secret}".encode(), b"", "sha256")
    return {"timestamp": timestamp, "sign": b64encode(digest).decode()}


def refused(style: Style, octets: bytes) -> str | None:
    """Say why a robot that answered with status 200 did not take a message, or None when it did."""
    try:
        answer = msgspec.json.decode(octets, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "the answer is no robot's"
    if style == "feishu":
        code, words = (answer.status, answer.status_text) if answer.code is None else (answer.code, answer.msg)
    else:
        code, words = answer.errcode, answer.errmsg
    if code is None:
        return "the answer has no code"
    return None if code == 0 else f"code {code}: {words}"
