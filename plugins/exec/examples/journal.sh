#!/bin/sh
# Keeps a journal of everything that happens: one line per event in journal.txt, beside this file.
set -eu
event=$(cat)
journal=journal.txt

# The same event can come again, after a crash for instance. It has the same id then.
if [ -e "$journal" ] && grep -q "^$DOORSIGN_EVENT_ID " "$journal"; then
    echo "it is there already"
    exit 0
fi

# A disk that is full may have room again later: 75 asks for another attempt.
printf '%s %s\n' "$DOORSIGN_EVENT_ID" "$event" >> "$journal" || exit 75
echo "written, attempt $DOORSIGN_ATTEMPT"
