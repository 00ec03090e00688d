"""``python -m gtm`` is ``gtm``."""

from gtm.cli.main import main

main()
