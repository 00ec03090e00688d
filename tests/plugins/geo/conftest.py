"""Databases to order."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter, TreeWriter
from netaddr import IPSet

Write = Callable[..., Path]


def write_database(path: Path, records: Mapping[str, object], ip_version: int = 6, **metadata: object) -> Path:
    writer = MMDBWriter(ip_version=ip_version, ipv4_compatible=ip_version == 6)
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    told = {
        "ip_version": ip_version,
        "database_type": "Test-City",
        "languages": ["en"],
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "description": {"en": "test"},
        "build_epoch": 1700000000,
    }
    TreeWriter(writer.tree, told | metadata).write(str(path))
    return path


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Write a database with these networks, the larger first, and give its path."""
    folder = tmp_path_factory.mktemp("databases")

    def give(records: Mapping[str, object], ip_version: int = 6, name: str = "test.mmdb", **metadata: object) -> Path:
        return write_database(folder / name, records, ip_version, **metadata)

    return give
