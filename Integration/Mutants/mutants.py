#!/usr/bin/env python3
"""Builds the bus in process with a fault in every place, and shows which faults its tests do not notice.

    mutants.py build FOLDER            copies what is needed into FOLDER, writes the faults and builds
    mutants.py run FOLDER [COUNT]      runs the tests once for each fault, or for COUNT of them spread evenly

A fault that the tests notice, by failing, crashing or taking too long, is killed; one that they do not survives, and is
either missing a test or changes nothing that anybody could see.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from operators import Writer

ROOT = Path(__file__).resolve().parents[2]
MUTATED = [
    *(f"EventMemory/{name}" for name in
      ["Lanes/CallGate", "Lanes/Lane", "Lanes/LaneCount", "MemoryBus", "Routing/ChangeCounters", "Routing/Route",
       "Routing/RouteCache", "Routing/RouteIndex", "Routing/RoutingTable"]),
    *(f"EventCore/Delivery/{name}" for name in
      ["LinkedQueue", "Mailbox", "MailboxStateMachine", "ParkedPublish", "ParkedPublishStateMachine", "RingBuffer",
       "SegmentQueue", "SegmentedBuffer", "Subscription"]),
]
TARGETS = ["CProcessor", "EventCore", "EventTransport", "EventMemory", "EventTesting"]
TESTS = {"EventCoreTests": ["Delivery", "Tracing/EnvelopeTracingTests.swift", "Tracing/TraceParentInstrument.swift",
                            "Coding/FuzzSettings.swift", "Faults.swift"],
         "EventMemoryTests": None}
SLOW = "Exhaustive|Storms|storm|order|RingBufferTests|SegmentedBufferTests|LinkedQueueTests|ParkedPublishersTests"
LIMIT = 120  # seconds

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
    template = (Path(__file__).parent / "Package.swift.txt").read_text()
    (folder / "Package.swift").write_text(template.replace("/*dependencies*/", "\n        ".join(needed)))
    if (ROOT / "Package.resolved").exists():
        shutil.copy(ROOT / "Package.resolved", folder)


def build(folder):
    folder.mkdir(parents=True, exist_ok=True)
    copy(folder)
    without = set()
    while True:
        writer = Writer(without)
        for name in MUTATED:
            text = (ROOT / "Sources" / f"{name}.swift").read_text()
            (folder / "Sources" / f"{name}.swift").write_text(writer.write(name, text))
        result = subprocess.run(["swift", "build", "--build-tests"], cwd=folder, capture_output=True, text=True)
        if result.returncode == 0:
            break
        faults = re.findall(r"Sources/(\S+)\.swift:(\d+):\d+: error", result.stdout + result.stderr)
        found = {(name, int(line)) for name, line in faults if name in MUTATED} - without
        if not found:
            sys.exit(result.stdout + result.stderr)
        without |= found
        print(f"{len(without)} lines take no fault", flush=True)
    mutants = [vars(mutant) for mutant in writer.mutants]
    (folder / "mutants.json").write_text(json.dumps({"mutants": mutants, "unbuildable": writer.number - len(mutants)}))
    print(f"{len(mutants)} faults, {writer.number - len(mutants)} cannot be built")


def survives(tests, number, limit, *arguments):
    command = [tests, "--testing-library", "swift-testing", *arguments]
    try:
        ended = subprocess.run(command, env={"MUTANT": str(number), "PATH": "/usr/bin:/bin"},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=limit)
        return ended.returncode == 0
    except subprocess.TimeoutExpired:
        return False


def run(folder, count=None):
    plan = json.loads((folder / "mutants.json").read_text())
    mutants = plan["mutants"]
    step = max(1, len(mutants) // int(count)) if count else 1
    chosen = mutants[::step]
    [tests] = (folder / ".build/debug").glob("*.xctest")
    if not survives(tests, 0, LIMIT):
        sys.exit("the tests fail without any fault")

    def judge(mutant):
        # The fast tests notice most; what they miss the slow ones may.
        number = mutant["number"]
        if survives(tests, number, LIMIT / 4, "--skip", SLOW) and survives(tests, number, LIMIT, "--filter", SLOW):
            print("survives {file}:{line} {number} {what}".format(**mutant), flush=True)
            return True
        return False

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        survived = sum(pool.map(judge, chosen))
    print(f"| faults | killed | survived | unbuildable |\n|---|---|---|---|\n"
          f"| {len(chosen)} of {len(mutants)} | {len(chosen) - survived} | {survived} | {plan['unbuildable']} |")


if __name__ == "__main__":
    action, folder, *rest = sys.argv[1:] or ["help", ""]
    actions = {"build": build, "run": run}
    if action not in actions:
        sys.exit(__doc__)
    actions[action](Path(folder).resolve(), *rest)
