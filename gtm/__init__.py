"""An authoritative DNS server in which every behaviour of global traffic management is a plugin.

These names are what a plugin is written with, and all of it: see ``plugins/README.md``.
"""

from gtm.chain.facts import Facts
from gtm.chain.hookspecs import hookimpl
from gtm.chain.plugin import Foreign, Networks, Options, Plugin, PluginFault, Setup
from gtm.chain.word import Alert, Answered, Choice, Leaf, Observation, Option, Pick, Target
from gtm.dns import codes, name
from gtm.dns.host import host
from gtm.dns.name import BadName, Name
from gtm.dns.record import MAX_TTL, Record
from gtm.model.available import address_refused, available, pool_refused
from gtm.model.ending import Alias, Ending, NoData, NoName, Records, Referral, Refused, TooLong
from gtm.model.health import Health, Verdict, meets
from gtm.model.member import Address, Check, Domain, Group, Kind, Member, Mode, Pool
from gtm.model.oneline import one_line
from gtm.model.place import DEFAULT_LINE, Client, Known, Lines, NoLines, Place
from gtm.model.question import Question
from gtm.model.ranking import Ranking, Refusal, Share, Tier
from gtm.model.resolved import Resolved
from gtm.model.wrong import is_ours, wrong

__all__ = [
    "DEFAULT_LINE",
    "MAX_TTL",
    "Address",
    "Alert",
    "Alias",
    "Answered",
    "BadName",
    "Check",
    "Choice",
    "Client",
    "Domain",
    "Ending",
    "Facts",
    "Foreign",
    "Group",
    "Health",
    "Kind",
    "Known",
    "Leaf",
    "Lines",
    "Member",
    "Mode",
    "Name",
    "Networks",
    "NoData",
    "NoLines",
    "NoName",
    "Observation",
    "Option",
    "Options",
    "Pick",
    "Place",
    "Plugin",
    "PluginFault",
    "Pool",
    "Question",
    "Ranking",
    "Record",
    "Records",
    "Referral",
    "Refusal",
    "Refused",
    "Resolved",
    "Setup",
    "Share",
    "Target",
    "Tier",
    "TooLong",
    "Verdict",
    "address_refused",
    "available",
    "codes",
    "hookimpl",
    "host",
    "is_ours",
    "meets",
    "name",
    "one_line",
    "pool_refused",
    "wrong",
]
