#!/usr/bin/env bash
# Builds every example, runs the tests they have and those that end by themselves: what a program prints must be what its
# README says, in any order.
set -euo pipefail
cd "$(dirname "$0")/.."

build() { swift build --package-path "Examples/$1" --scratch-path ".build-examples/$1"; }
tests() { swift test --package-path "Examples/$1" --scratch-path ".build-examples/$1"; }
program() { echo ".build-examples/$1/debug/$1"; }

# The last block of a README that has no language is what is printed.
documented() {
    awk '/^```$/ && !inside { inside = 1; text = ""; next } /^```[a-z]/ { inside = 1; text = ""; shell = 1; next }
        /^```$/ { if (!shell) printed = text; inside = shell = 0; next } inside { text = text $0 "\n" }
        END { printf "%s", printed }' "Examples/$1/README.md"
}
prints_as_documented() {
    local example=$1
    shift
    diff <(documented "$example" | sort) <("$@" | sort)
    echo "$example prints what its README says"
}

build Quickstart
prints_as_documented Quickstart "$(program Quickstart)"
build ChooseTransport
[ "$("$(program ChooseTransport)" --name ada)" = 'ada received: hello from ada' ]
prints_as_documented ChooseTransport Examples/ChooseTransport/production.sh "$(program ChooseTransport)"
build FanOut
prints_as_documented FanOut "$(program FanOut)"
swift build --product eventbus
status=0
printed=$(Examples/ManyHosts/run.sh .build/debug/eventbus) || status=$?
case $status in
0) prints_as_documented ManyHosts echo "$printed" ;;
77) printf '\n*** ManyHosts was NOT RUN, for the reason above ***\n\n' >&2 ;;
*) exit "$status" ;;
esac
tests MockingInTests
tests LiveView
