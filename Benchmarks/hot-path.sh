#!/usr/bin/env bash
# Instructions of a publish and of a delivery by function, as Results/HotPath.md has them.
#
#   hot-path.sh [ROW ...]              all rows of the file when none is named
#
# GUARD    the program that is counted; default .build/release/regression-guard
# RUN      put in front of valgrind, if anything
# KEEP     a folder where callgrind's files stay, and are taken from when they are there; default: they go
# RAW      1 prints each function as well
set -euo pipefail

guard=${GUARD:-.build/release/regression-guard}
folder=${KEEP:-$(mktemp -d)}
mkdir -p "$folder"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$folder"' EXIT

# valgrind 3.19 cannot read the debugging information.
strip --strip-debug -o "$folder/guard" "$guard"
# Tables would fall out differently in each run.
export SWIFT_DETERMINISTIC_HASHING=1

count() { # ROW PASSES
    [ ! -s "$folder/$1.$2" ] || return 0
    ${RUN:-} valgrind --tool=callgrind --demangle=no --separate-callers=4 --separate-recs=1 \
        --callgrind-out-file="$folder/$1.$2" "$folder/guard" repeat "$1" "$2" >"$folder/$1.$2.log" 2>&1 ||
        { cat "$folder/$1.$2.log" >&2; return 1; }
}

[ $# -gt 0 ] || set -- publish-none publish-one fan-out-100 zmq-unwanted
for row in "$@"; do
    case $row in
    fan-out-100) passes=2000 operations=100 ;;
    fan-out-1000) passes=200 operations=1000 ;;
    zmq-*) passes=10000 operations=1 ;;
    *) passes=20000 operations=1 ;;
    esac
    count "$row" $passes
    count "$row" $((2 * passes))
    python3 - "$folder/$row.$passes" "$folder/$row.$((2 * passes))" $((passes * operations)) "$row" "${RAW:-}" <<'PYTHON'
import re
import subprocess
import sys

short, long, operations, row, is_raw = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5] == "1"

# What a function, or one that a helper was called by, counts as: the first that fits.
GROUPS = [
    ("frame of an asynchronous call", r"StackAllocator|swift_task_(de)?alloc"),
    ("read of the tracing context", r"InstrumentationContext.current|TaskLocal.get"),
    ("sched_getcpu", r"^sched_getcpu"),
    ("the caller: its loop, call and return", r" in static Workload"),
    ("ZMQBus.publish", r"ZMQBus.publish"),
    ("MemoryBus.publish", r"MemoryBus.publish\("),
    ("MemoryBus.publishNow", r"^MemoryBus.publishNow"),
    ("release of the empty list of full mailboxes", r"swift_release  <- closure #1 in MemoryBus.publishNow"),
    ("the lane: route, counters, loop over mailboxes", r"closure #1 in MemoryBus.publishNow|subjectIdentity"),
    ("Envelope.isFilledForPublishing", r"isFilledForPublishing"),
    ("retain of the envelope in the ring", r"swift_retain  <- .*MailboxStateMachine.offer"),
    ("check that the ring is nobody else's", r"isUniquelyReferenced"),
    ("MailboxStateMachine.offer", r"MailboxStateMachine.offer"),
    ("release of the envelope that was evicted", r"(swift_release|outlined consume).*<- Mailbox.offer"),
    ("Mailbox.offer", r"Mailbox.offer"),
    ("retain of the envelope that is filled in", r"swift_retain  <- Envelope.filledForPublishing"),
    ("filling in", r"filledForPublishing|Envelope.fill|TraceParent.current"),
    ("size of the payload, and its limit", r"payloadCount|Outbox.check"),
    ("the table of subjects", r"Outbox.State.place|RecentTable"),
    ("retains and releases of Outbox.send: subject, counters", r"swift_\w*(Retain|Release|retain|release)  <- Outbox.send"),
    ("Outbox.send", r"Outbox.send"),
]

# What is too small or too general to stand for itself counts for who calls it.
HELPERS = re.compile(
    r"^(__tls_get_addr|swift_task_getCurrent|swift_task_localValueGet|swift_once|swift_retain|swift_release"
    r"|swift_bridgeObjectRetain|swift_bridgeObjectRelease|swift_isUniquelyReferenced_nonNull_native|_*memcpy\w*"
    r"|\$s\w*(WOe|wcp|wcpTm|WOh|WOc)$|\$sSNs\w*|_ZN5swift\w*)"
)


def costs(path):
    """Exclusive cost by function, with those who called it: (function, caller, caller of that, ...)."""
    names, found, chain, is_call = {}, {}, None, False
    with open(path) as lines:
        for line in lines:
            named = re.match(r"(c?)fn=\((\d+)\)(?: (.*))?$", line)
            if named:
                if named[3]:
                    names[named[2]] = named[3]
                if not named[1]:
                    chain = names[named[2]]
            elif line.startswith("calls="):
                is_call = True
            elif line[0] in "0123456789+-*":
                if not is_call:
                    found[chain] = found.get(chain, 0) + int(line.split()[-1])
                is_call = False
    return {tuple(name.split("'")): cost for name, cost in found.items()}


def plain(names):
    result = subprocess.run(
        ["swift", "demangle", "--simplified"], input="\n".join(names), capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return dict(zip(names, result))


before, after = costs(short), costs(long)
each = {}
for chain in before.keys() | after.keys():
    cost = (after.get(chain, 0) - before.get(chain, 0)) / operations
    own, rest = chain[0], [name for name in chain[1:]]
    caller = next((name for name in rest if not HELPERS.match(name)), "") if HELPERS.match(own) else ""
    each[own, caller] = each.get((own, caller), 0) + cost

words = plain(sorted({name for pair in each for name in pair if name}))


def text(pair):
    return words[pair[0]] + (f"  <- {words[pair[1]]}" if pair[1] else "")


groups = {}
for pair, cost in each.items():
    group = next((name for name, pattern in GROUPS if re.search(pattern, text(pair))), "everything else")
    groups[group] = groups.get(group, 0) + cost

print(f"\n{row}: {sum(each.values()):.1f} instructions")
for group, cost in sorted(groups.items(), key=lambda entry: -entry[1]):
    if abs(cost) >= 0.05:
        print(f"{cost:9.1f}  {group}")
if not is_raw:
    sys.exit()
print("\nby function")
shown = sorted((entry for entry in each.items() if entry[1] >= 0.5), key=lambda entry: -entry[1])
for pair, cost in shown:
    print(f"{cost:9.1f}  {text(pair)}")
print(f"{sum(each.values()) - sum(cost for _, cost in shown):9.1f}  everything below 0.5")
PYTHON
done
