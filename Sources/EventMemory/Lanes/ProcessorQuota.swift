/// How much processor time the control groups of a process allow it, as container runtimes set it.
struct ProcessorQuota: Equatable {
    /// So many processors all the time; 0.5 is one of them half of the time.
    let processors: Double

    /// Reads what limits this process: the least of its group and of those around it.
    ///
    /// - Parameter text: The text of a file with a path; `nil` where there is none.
    init?(ofProcess text: (String) -> String?) {
        var limits: [Double] = []
        for line in (text("/proc/self/cgroup") ?? "").split(separator: "\n") {
            // Its number, its controllers, and the path of the group; version 2 has the number 0 and names no controller.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty {
                limits += Self.groups(parts[2]).compactMap { Self.second(text("/sys/fs/cgroup\($0)/cpu.max")) }
            } else if parts[1].split(separator: ",").contains("cpu") {
                limits += Self.groups(parts[2]).compactMap { Self.first(in: "/sys/fs/cgroup/\(parts[1])\($0)", text) }
            }
        }
        guard let least = limits.min() else { return nil }
        processors = least
    }

    /// A group and those around it: `/a/b`, `/a` and the root, whose path is empty here.
    private static func groups(_ path: Substring) -> [String] {
        let names = path.split(separator: "/")
        return (0...names.count).map { count in names.prefix(count).map { "/\($0)" }.joined() }
    }

    /// Version 2 has a line with the time and the period that it is for, or `max` for no limit.
    private static func second(_ text: String?) -> Double? {
        let parts = (text ?? "").split { $0.isWhitespace }.map { Double($0) }
        guard parts.count == 2, let time = parts[0], let period = parts[1] else { return nil }
        return ratio(time, period)
    }

    /// Version 1 has a file for each of them, and a negative time for no limit.
    private static func first(in folder: String, _ text: (String) -> String?) -> Double? {
        let parts = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map { name in
            text("\(folder)/\(name)").flatMap { $0.split { $0.isWhitespace }.first }.flatMap { Double($0) }
        }
        guard let time = parts[0], let period = parts[1] else { return nil }
        return ratio(time, period)
    }

    private static func ratio(_ time: Double, _ period: Double) -> Double? {
        time > 0 && period > 0 && time.isFinite && period.isFinite ? time / period : nil
    }
}
