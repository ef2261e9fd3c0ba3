import ArgumentParser
import Foundation
import Measurement
import Workloads

/// Measures how time and memory grow, and with which power of the size.
struct GrowthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth",
        abstract: "Measure time per operation and bytes held for sizes from 10² to 10⁶, and fit a power to them.",
        subcommands: [GrowthPointCommand.self]
    )

    @Option(help: "Only rows whose name contains this.") var filter: String?
    @Option(help: "Write the table to this file, as Markdown.") var markdown: String?
    @Option(help: "Write the curves to this file, as JSON.") var json: String?

    func run() async throws {
        var report = Report()
        var lines = [
            "| what grows | figure | 10² | 10³ | 10⁴ | 10⁵ | 10⁶ | power | may be |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        var faults: [String] = []
        for growth in Growth.all where filter.map(growth.name.contains) ?? true {
            var (time, bytes) = (Curve(plot: growth.name, series: "ns"), Curve(plot: growth.name, series: "bytes held"))
            for size in growth.sizes {
                FileHandle.standardError.write(Data("\(growth.name) \(size) …\n".utf8))
                let point = try Child("event-bench", ["growth", "growth-point", growth.name, String(size)])
                    .answer(GrowthPoint.self)
                time.points.append(Curve.Point(x: Double(size), y: point.nanoseconds))
                bytes.points.append(Curve.Point(x: Double(size), y: Double(point.bytes)))
            }
            let limits = growth.limits
            for (curve, limit, words) in [(time, limits.time, growth.summary), (bytes, limits.bytes, "bytes held")] {
                lines.append(Self.line(of: curve, words, limit))
                if let power = curve.power, power > limit { faults.append("\(growth.name): \(curve.series)") }
                report.curves.append(curve)
            }
        }
        let text = lines.joined(separator: "\n") + "\n"
        print(text)
        if let json { try report.write(to: json) }
        if let markdown {
            let remark = "Times are nanoseconds per operation."
            try report.write(text, title: "How cost grows", remark: remark, command: "bench-growth", to: markdown)
        }
        guard faults.isEmpty else {
            print("grow faster than they may: \(faults.joined(separator: ", "))")
            throw ExitCode.failure
        }
    }

    private static func line(of curve: Curve, _ words: String, _ limit: Double) -> String {
        let exponents = [2, 3, 4, 5, 6].map { exponent -> String in
            // A size that is a power of two stands with the power of ten it is nearest to.
            let point = curve.points.first { Int(log10($0.x).rounded()) == exponent }
            return point.map { $0.y >= 100 ? String(Int($0.y.rounded())) : String(format: "%.1f", $0.y) } ?? ""
        }
        let power = curve.power.map { String(format: "%.2f", $0) } ?? ""
        return "| \(curve.plot) | \(words) | \(exponents.joined(separator: " | ")) | \(power) | \(limit) |"
    }
}

/// One size of one row, in a process of its own, since only there is what is held known.
struct GrowthPointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "growth-point", shouldDisplay: false)

    @Argument var name: String
    @Argument var size: Int

    func run() async throws {
        guard let growth = Growth.named(name) else { throw ValidationError("there is no row \(name)") }
        let size = size
        let point = try await Task.detached {
            let before = AllocationCount.heapBytes
            let session = try await growth.start(size)
            let bytes = AllocationCount.heapBytes - before
            let timing = try await Race(rounds: 5, turn: .milliseconds(20)).run([session])[0]
            await session.end()
            return GrowthPoint(nanoseconds: timing.median / Double(growth.operationsPerPass(size)), bytes: bytes)
        }.value
        print(String(decoding: try JSONEncoder().encode(point), as: UTF8.self))
    }
}

/// What a child that measures one size prints.
struct GrowthPoint: Codable, Sendable {
    /// Per operation.
    var nanoseconds: Double
    /// Held by what the work needs.
    var bytes: Int
}

extension Curve {
    /// The power of the size that the figure grows with: the slope of the line that fits its logarithm best.
    var power: Double? {
        let logarithms = points.filter { $0.x > 0 && $0.y > 0 }.map { (x: log($0.x), y: log($0.y)) }
        guard logarithms.count > 1 else { return nil }
        let count = Double(logarithms.count)
        let (meanX, meanY) = (logarithms.reduce(0) { $0 + $1.x } / count, logarithms.reduce(0) { $0 + $1.y } / count)
        let products = logarithms.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
        return products / logarithms.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    }
}
