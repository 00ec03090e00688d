#!/bin/sh
# what it should tell of, or tell to, is never there
exit 3
