#!/usr/bin/env bash
# Runs the program given as two processes that greet each other, and fails unless both received both greetings.
set -euo pipefail
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

EVENT_BUS_URL="zmq:?publish=bind:ipc://$folder/ada&subscribe=connect:ipc://$folder/grace" \
    "$program" --name ada >"$folder/received-by-ada" &
ada=$!
EVENT_BUS_URL="zmq:?publish=bind:ipc://$folder/grace&subscribe=connect:ipc://$folder/ada" \
    "$program" --name grace >"$folder/received-by-grace"
wait "$ada"

cat "$folder"/received-by-*
for receiver in ada grace; do
    for sender in ada grace; do
        grep -qx "$receiver received: hello from $sender" "$folder/received-by-$receiver"
    done
done
