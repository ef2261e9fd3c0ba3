import Testing

@testable import EventMemory

@Suite struct ProcessorTests {
    @Test(
        "lanes are made for the processors that may be used",
        arguments: [
            ([0], nil, 4), ([0, 1], nil, 4), (Array(0..<4), nil, 4), (Array(0..<5), nil, 8), (Array(0..<48), nil, 64),
            (Array(0..<400), nil, 64),
            // Of a machine with 64 processors, some.
            ([63], nil, 4), ([60, 61, 62, 63], nil, 4), ([0, 4], nil, 8), ([0, 16, 32, 48], nil, 64),
            // As much time as some processors have.
            (Array(0..<64), 0.5, 4), (Array(0..<64), 4, 4), (Array(0..<64), 4.5, 8), (Array(0..<64), 1e9, 64),
            ([0, 1], 16, 4),
        ] as [([Int], Double?, Int)]
    )
    func lanes(_ processors: [Int], _ quota: Double?, _ expected: Int) {
        #expect(LaneCount.best(for: processors, quota: quota) == expected)
    }

    @Test func `the processors that may be used are known, and this is one of them`() {
        let usable = Processor.usable
        #expect(!usable.isEmpty && Set(usable).count == usable.count)
        #if os(Linux)
        #expect(usable.contains(Processor.current))
        #endif
    }

    @Test(
        "a control group limits the processors by time, as those around it do",
        arguments: [
            ([:], nil),
            (["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n"], nil),
            (["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "250000 100000\n"], 2.5),
            (["/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/cpu.max": "50000 100000\n"], 0.5),
            (
                [
                    "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/cpu.max": "400000 100000\n",
                    "/sys/fs/cgroup/a/cpu.max": "300000 100000\n", "/sys/fs/cgroup/c/cpu.max": "1 100000\n",
                ], 3
            ),
            (
                [
                    "/proc/self/cgroup": "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n0::/\n",
                    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
                    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                ], 1.5
            ),
            (
                [
                    "/proc/self/cgroup": "5:cpu:/\n", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
                ], nil
            ),
            (["/proc/self/cgroup": "0::/\nwhat\n:\n", "/sys/fs/cgroup/cpu.max": "100000 0\n"], nil),
            (["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "inf 1\n"], nil),
            (["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": ""], nil),
        ] as [([String: String], Double?)]
    )
    func quota(_ files: [String: String], _ expected: Double?) {
        #expect(ProcessorQuota(ofProcess: { files[$0] })?.processors == expected)
    }
}
