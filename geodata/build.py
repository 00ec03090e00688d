"""Builds the demo database from its table: ``python -m gtm_geodata.build``. The same table gives the same octets.

Needs ``mmdb-writer``, which the server itself does not.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
TABLE: Final = FOLDER / "demo.csv"
TARGET: Final = FOLDER / "demo.mmdb"
EPOCH: Final = 1767225600
"""Build date in the file, in seconds since 1970: fixed, so that nothing but the table decides the octets."""

Value = str | int | dict[str, "Value"] | list["Value"]


def rows(table: Path = TABLE) -> Iterator[dict[str, str]]:
    """Read the table's rows, comments left out."""
    with table.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def record(row: dict[str, str]) -> dict[str, Value]:
    """Lay a row out as GeoLite2 City and GeoLite2 ASN do, both in one record; empty cells are left out."""
    country, _, part = row["subdivision"].partition("-")
    found: dict[str, Value] = {
        "continent": {"code": row["continent"]},
        "country": {"iso_code": row["country"]},
        "autonomous_system_number": int(row["asn"]),
        "autonomous_system_organization": row["organization"],
    }
    if part:
        if country != row["country"]:
            raise ValueError(
                f'{row["network"]}: subdivision "{row["subdivision"]}" is not in country "{row["country"]}"'
            )
        found["subdivisions"] = [{"iso_code": part}]
    if row["city"]:
        found["city"] = {"names": {"en": row["city"]}}
    return found


def build(table: Path = TABLE, target: Path = TARGET) -> None:
    """Write the database."""
    from mmdb_writer import MMDBWriter, TreeWriter  # noqa: PLC0415  for development only
    from netaddr import IPSet  # type: ignore[import-untyped]  # noqa: PLC0415  comes with it

    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    for row in rows(table):
        writer.insert_network(IPSet([row["network"]]), record(row))
    metadata = {
        "ip_version": 6,
        "database_type": "gtm-demo-City-ASN",
        "languages": ["en"],
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "description": {"en": "demo data of gtm; not for real clients"},
        "build_epoch": EPOCH,
    }
    TreeWriter(writer.tree, metadata).write(str(target))


if __name__ == "__main__":
    build()
