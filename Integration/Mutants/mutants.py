#!/usr/bin/env python3
"""Builds the bus in process with a fault in every place, and shows which faults its tests do not notice.

    mutants.py build FOLDER            copies what is needed into FOLDER, writes the faults and builds
    mutants.py run FOLDER [CHOICE]     runs the tests once for each fault; for those not run yet with `new`, for those that
                                       survived the last time with `survivors`, for those of them that have no reason with
                                       `unexplained`, for those that were caught by a crash or by silence alone with
                                       `doubtful`, which waits longer, for those of files whose path matches an
                                       expression, or for so many of them, spread evenly; with JOBS=2 two at a time
    mutants.py report FOLDER           writes Report.md beside this program from what all runs have found

A fault that the tests notice, by failing, crashing or taking too long, is caught; one that they do not survives, and is
either missing a test or changes nothing that anybody could see, for which `reasons.txt` has the reason.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

sys.dont_write_bytecode = True
from operators import Writer

ROOT = Path(__file__).resolve().parents[2]
MUTATED = [
    *(f"EventMemory/{name}" for name in
      ["Lanes/CallGate", "Lanes/Lane", "Lanes/LaneCount", "MemoryBus", "MemoryBus+Delivering", "MemoryBus+Subscribing",
       "Routing/ChangeCounters", "Routing/Route", "Routing/GroupTable", "Routing/RouteCache", "Routing/RouteIndex",
       "Routing/RoutingTable"]),
    *(f"EventCore/Delivery/{name}" for name in
      ["LinkedQueue", "Mailbox", "Mailbox+Runs", "MailboxStateMachine", "ParkedPublish", "ParkedPublishStateMachine", "RingBuffer",
       "SegmentQueue", "SegmentedBuffer", "Subscription", "SubscriptionOptions"]),
    *(f"EventCore/{name}" for name in
      ["Grouping/GroupStateMachine", "Grouping/MailboxGroup", "Grouping/MailboxGroup+Leaving",
       "Consuming/Bus+Request", "Consuming/Bus+Respond", "Consuming/CallLimit", "Consuming/Deadline",
       "Consuming/DecodedEnvelopes", "Consuming/EventRouter", "Consuming/ReplyAddress", "Consuming/RouterStateMachine",
       "Waiting/AlarmClock", "Waiting/AlarmStateMachine", "Waiting/Completion", "Waiting/DeadlineHeap"]),
]
TARGETS = ["CProcessor", "EventCore", "EventTransport", "EventMemory", "EventTesting"]
TESTS = {"EventCoreTests": ["BusTests.swift", "Consuming", "Delivery", "Grouping", "Observing", "Waiting", "Tracing/EnvelopeTracingTests.swift", "Tracing/TraceParentInstrument.swift",
                            "Coding/FuzzSettings.swift", "Faults.swift"],
         "EventMemoryTests": None,
         "ConsumingTests": ["CombinedObserverTests.swift", "DecodedTests.swift", "Fixtures.swift", "RequestTests.swift",
                            "RouterTests.swift"]}
# What takes more than a moment; the rest is run for every fault.
BUSES = "MemoryBusConformanceTests|MemoryBusStressTests|GroupStressTests|CloseTests|SubscriptionEndTests|ParkedPublishersTests|order"
SLOW = {
    "EventMemory/Routing": "RouteIndexTests|RouteCacheTests",
    "EventCore/Delivery": "RingBufferTests|SegmentedBufferTests|LinkedQueueTests",
    "EventCore/Waiting": "DeadlineHeapTests|AlarmStateMachineTests",
}
SLOWEST = {"EventCore/Delivery/MailboxStateMachine": "Exhaustive"}
# So many seconds without a word from the tests, which is more than they need on a busy machine.
SILENCE = 10
# How a run ends that a filter has left no tests.
NO_TESTS = 69
# What notices a fault without saying so, and may have been something else.
DOUBTFUL = re.compile(r"takes too long|ends with")
HERE = Path(__file__).parent

SWITCH = """
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

private let active = unsafe getenv("MUTANT").flatMap { Int(unsafe String(cString: $0)) }
package func mutant(_ number: Int) -> Bool { number == active }
"""


def copy(folder):
    shutil.rmtree(folder / "Sources", ignore_errors=True)
    shutil.rmtree(folder / "Tests", ignore_errors=True)
    for target in TARGETS:
        shutil.copytree(ROOT / "Sources" / target, folder / "Sources" / target)
    for target, parts in TESTS.items():
        for part in parts or [""]:
            source, goal = ROOT / "Tests" / target / part, folder / "Tests" / target / part
            goal.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, goal)
    (folder / "Sources/EventCore/Mutant.swift").write_text(SWITCH)
    manifest = (ROOT / "Package.swift").read_text()
    needed = re.findall(r'\.package\(url: "[^"]*/swift-(?:collections|distributed-tracing|service-context)", .*\),', manifest)
    template = (HERE / "Package.swift.txt").read_text()
    (folder / "Package.swift").write_text(template.replace("/*dependencies*/", "\n        ".join(needed)))
    if (ROOT / "Package.resolved").exists():
        shutil.copy(ROOT / "Package.resolved", folder)


def remembered(folder):
    """The lines that could not take all faults the last time, of files that are still the same."""
    memory = folder / "without.json"
    known = json.loads(memory.read_text()) if memory.exists() else {}
    return Counter({(name, line): count for name, (text, lines) in known.items()
                    for line, count in lines if (ROOT / f"Sources/{name}.swift").read_text() == text})


def remember(without, folder):
    known = {name: ((ROOT / f"Sources/{name}.swift").read_text(),
                    [(line, count) for (file, line), count in without.items() if file == name]) for name in MUTATED}
    (folder / "without.json").write_text(json.dumps(known))


def build(folder):
    folder.mkdir(parents=True, exist_ok=True)
    copy(folder)
    without = remembered(folder)
    while True:
        writer = Writer(without)
        for name in MUTATED:
            text = (ROOT / "Sources" / f"{name}.swift").read_text()
            text = writer.write(name, text)
            if name.startswith("EventMemory/") and "import EventCore" not in text:
                text += "import EventCore\n"  # at the end, so that lines keep their numbers
            (folder / "Sources" / f"{name}.swift").write_text(text)
        result = subprocess.run(["swift", "build", "--build-tests"], cwd=folder, capture_output=True, text=True)
        if result.returncode == 0:
            break
        faults = re.findall(r"Sources/(\S+)\.swift:(\d+):\d+: error", result.stdout + result.stderr)
        found = {(name, int(line)) for name, line in faults if name in MUTATED}
        before = dict(without)
        if any(without[place] < 2 for place in found):
            without.update(found)
        else:
            # What is wrong shows some lines after the fault.
            without.update({(name, line - back): 2 for name, line in found for back in range(15)
                            if without[name, line - back] < 2})
        if dict(without) == before:
            sys.exit((result.stdout + result.stderr)[-5000:])
        remember(without, folder)
        print(f"{len(without)} lines take fewer faults: {sorted(found)}", flush=True)
    mutants = [vars(mutant) for mutant in writer.mutants]
    (folder / "mutants.json").write_text(json.dumps({"mutants": mutants, "unbuildable": writer.number - len(mutants)}))
    print(f"{len(mutants)} faults, {writer.number - len(mutants)} cannot be built")


def caught(tests, number, silence, *arguments):
    """What notices a fault, or `None`: the first test that fails, with which the run ends."""
    # With more tests at a time some wait longer than their deadlines allow, as in the Makefile.
    command = ["nice", "-n", "10", tests, "--testing-library", "swift-testing",
               "--experimental-maximum-parallelization-width", "12", *arguments]
    # A backtrace would take longer than the tests, in a process of its own.
    environment = {"MUTANT": str(number), "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace")
    late = threading.Event()

    def give_up():
        late.set()
        process.kill()

    def start():
        timer = threading.Timer(silence, give_up)
        timer.start()
        return timer

    timer = start()
    try:
        for line in process.stdout:
            timer.cancel()
            timer = start()
            if match := re.search(r"Test (.*?) recorded an issue(.*)", line):
                case = re.search(r"rule . ([\w.]+)", match[2])
                return f"{match[1]} {case[1]}" if case else match[1]
        process.wait()
        if late.is_set():
            return "takes too long"
        return None if process.returncode in (0, NO_TESTS) else f"ends with {process.returncode}"
    finally:
        timer.cancel()
        process.kill()
        process.wait()


def key(mutant):
    return "{file}: {what}".format(**mutant)


def load(folder):
    plan = json.loads((folder / "mutants.json").read_text())
    results = folder / "results.json"
    return plan, json.loads(results.read_text()) if results.exists() else {}


def reasons():
    """Why some faults change nothing that anybody could see."""
    lines = (HERE / "reasons.txt").read_text().splitlines()
    return dict(line.rsplit(" -> ", 1) for line in lines if " -> " in line)


def chosen(mutants, known, choice):
    if choice == "new":
        return [mutant for mutant in mutants if key(mutant) not in known]
    if choice == "survivors":
        return [mutant for mutant in mutants if known.get(key(mutant), "") is None]
    if choice == "unexplained":
        return [mutant for mutant in mutants if known.get(key(mutant), "") is None and key(mutant) not in reasons()]
    if choice == "doubtful":
        return [mutant for mutant in mutants if DOUBTFUL.match(known.get(key(mutant)) or "")]
    if choice and not choice.isdigit():
        return [mutant for mutant in mutants if re.search(choice, mutant["file"])]
    return mutants[::max(1, len(mutants) // int(choice))] if choice else mutants


def notice(tests, mutant, silence):
    """What notices a fault, or `None`."""
    number, folder, name = mutant["number"], str(Path(mutant["file"]).parent), Path(mutant["file"]).name
    own = [SLOW.get(folder, "-"), SLOWEST.get(mutant["file"])]
    slow = "|".join([BUSES, *SLOW.values(), *SLOWEST.values()])
    # The tests of the file itself say best what is wrong. The other fast ones notice most; what they miss the slow ones may.
    return (caught(tests, number, silence, "--filter", f"\\.{name.split('+')[0]}Tests/")
            or caught(tests, number, silence, "--skip", slow)
            or caught(tests, number, 2 * silence, "--filter", f"{BUSES}|{own[0]}", "--skip", "|".join(SLOWEST.values()))
            or own[1] and caught(tests, number, 20 * silence, "--filter", own[1]))


def run(folder, choice=None):
    plan, known = load(folder)
    [tests] = (folder / ".build/debug").glob("*.xctest")
    if failure := caught(tests, 0, 30 * SILENCE):
        sys.exit(f"without any fault there fails: {failure}")
    silence = 5 * SILENCE if choice == "doubtful" else SILENCE
    results = {}
    with ThreadPoolExecutor(int(os.environ.get("JOBS", 1))) as pool:
        runs = {pool.submit(notice, tests, mutant, silence): mutant for mutant in chosen(plan["mutants"], known, choice)}
        for done in as_completed(runs):
            mutant, by = runs[done], done.result()
            results[key(mutant)] = by
            print("{number} {file}:{line} | {what} | ".format(**mutant) + (by or "SURVIVES"), flush=True)
            (folder / "results.json").write_text(json.dumps({**known, **results}, indent=1))
    survived = sum(by is None for by in results.values())
    print(f"{len(results)} of {len(plan['mutants'])} faults: {len(results) - survived} caught, {survived} survive")


def report(folder):
    plan, results = load(folder)
    known = reasons()
    rows, files, survivors = Counter(), [], []
    for mutant in plan["mutants"]:
        name = key(mutant)
        if name not in results:
            continue
        if mutant["file"] not in files:
            files.append(mutant["file"])
        rows[mutant["file"], results[name] is not None] += 1
        if results[name] is None:
            survivors.append("- {file}:{line}, {what}: ".format(**mutant).replace("|", "&#124;")
                             + known.get(name, "**no test notices it yet**"))
    caught_count = sum(count for (_, is_caught), count in rows.items() if is_caught)
    total = sum(rows.values())
    silent = sum(bool(DOUBTFUL.match(results.get(key(mutant)) or "")) for mutant in plan["mutants"])
    text = ["# Faults in the bus in process", "",
            "Written by `Integration/Mutants/mutants.py report`, after `build` and `run`; `make mutants` does all three.",
            "Orderings of atomic operations are left alone: no test on one kind of processor notices a weaker one.", "",
            f"{len(plan['mutants'])} faults were built in, {plan['unbuildable']} more cannot be built. Of {total} that were run,"
            f" {caught_count} are caught and {total - caught_count} survive. Of those caught {silent} made the tests crash or wait,"
            " before any test could say so.", "",
            "| file | caught | survive |", "|---|---|---|"]
    text += [f"| {file} | {rows[file, True]} | {rows[file, False]} |" for file in files]
    text += ["", "## What survives", "", *survivors, ""]
    (HERE / "Report.md").write_text("\n".join(text))


if __name__ == "__main__":
    action, folder, *rest = sys.argv[1:] or ["help", ""]
    actions = {"build": build, "run": run, "report": report}
    if action not in actions:
        sys.exit(__doc__)
    actions[action](Path(folder).resolve(), *rest)
