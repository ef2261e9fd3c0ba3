import EventCore

extension Workload {
    static var matching: [Workload] {
        [
            match("match-10k", among: 10_000, target: 150),
            match("match-1m", among: 1_000_000, target: 400),
        ]
    }

    private static func match(_ name: String, among count: Int, target: Double) -> Workload {
        Workload(name, "match without cache: \(count) patterns graph.run.r<i>.>", per: "match", target: target) {
            var index = PatternIndex<Int>()
            for number in 0..<count { index.insert(number, for: try Samples.runPattern(number)) }
            let subjects = try scattered(count).map(Samples.runSubject)
            return Session { [index] passes in
                var found = 0
                for pass in 0..<passes {
                    index.forEachMatch(of: subjects[pass & (subjects.count - 1)]) { found &+= $0 &+ 1 }
                }
                precondition(passes == 0 || found != 0)
            }
        }
    }

    /// So many numbers below a limit, a power of two, that no processor sees a pattern in.
    private static func scattered(_ limit: Int) -> [Int] {
        (0..<1 << 16).map { Int((UInt64($0) &* 0x9E37_79B9_7F4A_7C15) >> 20) % limit }
    }
}
