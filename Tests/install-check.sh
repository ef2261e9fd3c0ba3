#!/usr/bin/env bash
# Installs eventbus into a folder of its own, looks at what is there, and removes it again.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

make install PREFIX=/opt/bus DESTDIR="$root"
"$root/opt/bus/bin/eventbus" --version
for page in eventbus eventbus.pub eventbus.sub eventbus.route; do
    grep -q '^\.Nm' "$root/opt/bus/share/man/man1/$page.1"
done
for completion in bash-completion/completions/eventbus zsh/site-functions/_eventbus fish/vendor_completions.d/eventbus.fish; do
    grep -q route "$root/opt/bus/share/$completion"
done

make uninstall PREFIX=/opt/bus DESTDIR="$root"
left=$(find "$root" -type f)
[ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
