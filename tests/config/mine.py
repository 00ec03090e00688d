"""A plugin in a file, and the faults that it makes."""

MINE = """
from gtm import Options, Plugin, PluginFault, hookimpl

class Mine(Plugin):
    name = "mine"
    policies = ("round_robin",)

    class Options(Options):
        file: str = ""

    def __init__(self, options, setup):
        {body}

    @hookimpl
    def fallback(self, question, facts):
        return None
"""

ZONE = '[[zone]]\nname = "example.org"\nchain = [{}]\n'
ENTRY = 'Corefile.toml:3: [[zone]] #1 "example.org" chain #1'


def faults(folder, entry):
    return folder.faults(ZONE.format(entry))


def broken(folder, text, name="mine.py"):
    """The one fault that a plugin's file makes."""
    folder.write(f"plugins/{name}", text)
    (line,) = faults(folder, f'"./{name}"')
    assert line.startswith(f"{ENTRY}: ")
    return line.removeprefix(f"{ENTRY}: ")
