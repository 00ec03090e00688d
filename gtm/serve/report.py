"""What the log says of plugins that break the law: each once a second at most, and every one counted."""

import logging
import time
from collections import Counter
from collections.abc import Callable

from gtm.chain.trace import PluginError
from gtm.model.question import Question

log = logging.getLogger("gtm")


class Reporter:
    """Hears of faults; ``counts`` is by (plugin, hook)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` gives seconds; only differences count."""
        self._clock = clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}
        self.counts: Counter[tuple[str, str]] = Counter()

    def __call__(self, error: PluginError, question: Question | None) -> None:
        """Count a fault, and say it unless one like it was said within the last second."""
        key = (error.plugin, error.hook)
        self.counts[key] += 1
        moment, said = self._said.get(key, (float("-inf"), 0))
        now = self._clock()
        if now - moment < 1:
            return
        unsaid = self.counts[key] - said - 1
        self._said[key] = (now, self.counts[key])
        log.error(
            'plugin "%s": %s %s%s%s',
            error.plugin or "gtm",
            error.hook,
            error.reason,
            f" (asked {question})" if question else "",
            f", and {unsaid} more of its kind since the last word" if unsaid else "",
        )
