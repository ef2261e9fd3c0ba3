import Foundation
import Measurement
import Workloads

/// The short form of the table of growth: from the least size to ten times as much, in instructions and bytes.
///
/// Neither depends on the clock, so the powers do not either.
struct GrowthCheck {
    /// What is held beside what grows may be more at a small size, but not so much less.
    private static let slack = 0.05
    private let callgrind: Callgrind

    init(_ callgrind: Callgrind) {
        self.callgrind = callgrind
    }

    /// The rows that grow faster than they may.
    func faults() throws -> [String] {
        var faults: [String] = []
        for growth in Growth.all {
            let sizes = growth.sizes.prefix(2)
            let time = growth.isSequential ? try power(sizes) { try instructions(growth, $0) } : nil
            let bytes = try power(sizes) { size in
                try HeldCommand.bytes(of: "\(growth.name)@\(size)") * Double(growth.operationsPerPass(size))
            }
            let words = [(time, growth.limits.time, "instructions"), (bytes, growth.limits.bytes, "bytes")]
            for case (let power?, let limit, let unit) in words {
                print(
                    "\(growth.name): \(unit) grow with the power \(String(format: "%.2f", power)) of the size,",
                    "limit \(limit)"
                )
                if power > limit + Self.slack { faults.append("\(growth.name) (\(unit))") }
            }
        }
        return faults
    }

    private func instructions(_ growth: Growth, _ size: Int) throws -> Double {
        let workload = growth.workload(at: size)
        // Each subject in turn, and then some.
        let passes = max(workload.passesForCounting, 20)
        return try callgrind.instructionsPerPass(of: workload.name, passes: passes) / Double(workload.operationsPerPass)
    }

    private func power(_ sizes: ArraySlice<Int>, _ figure: (Int) throws -> Double) throws -> Double? {
        guard let least = sizes.first, let greatest = sizes.last else { return nil }
        let (first, last) = (try figure(least), try figure(greatest))
        guard first > 0, last > 0 else { return nil }
        return log(last / first) / log(Double(greatest) / Double(least))
    }
}
