"""Fetches a MaxMind database and puts it in the place of an old one, or leaves the old one as it is.

The law: the target is at every moment either the whole old file or the whole new one. The new one is checked before it
is renamed over the old. No message holds a password, a licence key or a query string.
"""

import gzip
import os
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from pathlib import Path
from typing import Final

from maxminddb import MODE_FD, open_database
from maxminddb.reader import Metadata, Reader

from gtm.control.fetch import UpdateFault, fetch

DAY: Final = 86400
SAMPLE: Final = 1000
# a damaged file makes the reader raise any of these
DAMAGE: Final = (RuntimeError, ValueError, TypeError, KeyError, OSError)
