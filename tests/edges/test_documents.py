"""What the documents show is what happens."""

import re
import shlex
from pathlib import Path
from random import Random

import dns.edns
import dns.message
import dns.query
import pytest
from click.testing import CliRunner

from gtm.chain.explain import explain
from gtm.cli.main import main
from gtm.config.load import load
from gtm.engine import Engine
from gtm.model.place import Client
from gtm.model.question import Question

ROOT = Path(__file__).parent.parent.parent


def fences(path, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / path).read_text(), re.DOTALL | re.MULTILINE)


def commands(path):
    """Give each command of the console blocks, and the lines that it is shown to print."""
    for block in fences(path, "console"):
        for command, printed in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE):
            yield command, printed.splitlines()


DIGS = [pair for pair in commands("README.md") if pair[0].startswith("dig") and "+subnet" in pair[0]]


def test_the_first_dig_stands_on_the_first_screen():
    assert "$ dig" in "\n".join((ROOT / "README.md").read_text().splitlines()[:25])


@pytest.mark.parametrize(("command", "printed"), DIGS, ids=[command for command, _ in DIGS])
def test_dig_prints_what_the_readme_shows(command, printed, inside, tmp_path):
    beside = tmp_path / "Corefile.toml"
    text = (ROOT / "Corefile.toml").read_text()
    beside.write_text(
        text.replace(":5300", ":0").replace('"state"', f'"{tmp_path}"').replace('"geodata/', f'"{ROOT}/geodata/')
    )
    running = inside(beside)
    words = shlex.split(command)
    name = next(word for word in words[4:] if not word.startswith("+"))
    subnet = next(word.partition("=")[2] for word in words if word.startswith("+subnet="))
    query = dns.message.make_query(name, "A", use_edns=0, options=[dns.edns.ECSOption(subnet, 32)])
    reply = dns.query.udp(query, "127.0.0.1", port=running.port, timeout=5)
    assert [record.to_text() for rrset in reply.answer for record in rrset] == printed


def test_gtm_explain_prints_what_the_readme_shows(monkeypatch):
    monkeypatch.chdir(ROOT)
    command, printed = next(pair for pair in commands("README.md") if "gtm explain" in pair[0])
    told = CliRunner().invoke(main, shlex.split(command)[1:])
    assert told.exit_code == 0
    assert printed[-1] == "..."
    assert told.output.splitlines()[: len(printed) - 1] == printed[:-1]


def test_gtm_check_prints_what_the_readme_shows(monkeypatch, tmp_path):
    command, printed = next(pair for pair in commands("README.md") if pair[0] == "gtm check")
    text = (ROOT / "Corefile.toml").read_text().replace('"geodata/', f'"{ROOT}/geodata/')
    lines = text.splitlines()
    number = int(re.match(r"Corefile\.toml:(\d+)", printed[0])[1])
    assert "sequence" in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace("sequence", "sequnce")
    (tmp_path / "Corefile.toml").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(main, shlex.split(command)[1:])
    assert (told.output.splitlines(), told.exit_code) == (printed, 2)


OFFICE = """
[server]
listen = ["127.0.0.1:0"]
plugin_dir = "my_plugins"

[[zone]]
name = "example.com"
{chain}

[pools.a]
addresses = [{{ address = "berlin-office" }}, "192.0.2.2"]

[addresses.berlin-office]
value = "192.0.2.1"

[[domain]]
name = "www.example.com"
type = "A"
pools = ["a"]
"""


def test_the_plugin_that_the_documents_show_works_as_they_say(tmp_path):
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "my_plugins" / "office_hours.py").write_text(fences("plugins/README.md", "python")[0])
    chain = next(block for block in fences("plugins/README.md", "toml") if "office_hours.py" in block)
    (tmp_path / "Corefile.toml").write_text(OFFICE.format(chain=chain))
    service = load(tmp_path / "Corefile.toml").service
    engine = Engine(service, Random(1))
    midnight = 1_800_000_000 // 86400 * 86400

    def at(hour):
        who = Client.of("192.0.2.9")
        return explain(service, Question.of("www.example.com"), who, engine.state, midnight + hour * 3600)

    assert at(12).records == {"192.0.2.1", "192.0.2.2"}
    assert at(3).records == {"192.0.2.2"}
    assert any(step.reason == "the office is closed" for step in at(3).steps)
    # nothing that is answered ten seconds before closing time outlives it
    assert at(18 - 10 / 3600).ttl <= 10
    packet = dns.message.make_query("www.example.com", "A").to_wire()
    for second in (-40, -25, -10, -1):
        moment = midnight + 18 * 3600 + second
        reply = dns.message.from_wire(engine.answer(packet, "192.0.2.9", moment))
        assert moment + reply.answer[0].ttl <= midnight + 18 * 3600
