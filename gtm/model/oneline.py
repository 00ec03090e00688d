"""Text of strangers, for people: what a server answered, what a plugin raised, what somebody typed."""


def one_line(text: str, most: int | None = None) -> str:
    """Write a text in one line of characters that can be shown; one of more than ``most`` ends in ``…`` there."""
    cut = text if most is None or len(text) <= most else text[: most - 1] + "…"
    shown = cut if cut.isprintable() else "".join(letter if letter.isprintable() else " " for letter in cut)
    return " ".join(shown.split())
