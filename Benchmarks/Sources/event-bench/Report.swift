import Foundation
import Measurement

/// The result of a run, as it is written to a file.
struct Report: Codable {
    /// Where and how it was measured.
    struct Circumstances: Codable {
        var date: String
        var processor: String
        var cores: Int
        var system: String
        var swift: String
        var command: String

        /// Those of this process.
        init() {
            let information = ProcessInfo.processInfo
            date = Date.now.formatted(.iso8601)
            let processors = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            processor =
                processors?.split(separator: "\n").first { $0.hasPrefix("model name") }
                .flatMap { $0.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } } ?? "unknown"
            cores = information.activeProcessorCount
            system = information.operatingSystemVersionString
            #if compiler(>=6.3)
            swift = "6.3 or later"
            #else
            swift = "6.2"
            #endif
            command = (["event-bench"] + information.arguments.dropFirst()).joined(separator: " ")
        }
    }

    var circumstances = Circumstances()
    var rows: [Row] = []
    var curves: [Curve] = []

    /// Writes the report as JSON, into a folder that it makes when there is none.
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let file = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try encoder.encode(self).write(to: file)
    }

    /// Writes a table as Markdown, below a title and how it was measured by which target of make.
    func write(_ table: String, title: String, remark: String, command: String, to path: String) throws {
        let place = "\(circumstances.date), \(circumstances.processor), \(circumstances.cores) cores"
        let text = "# \(title)\n\n`make \(command)`, \(place). \(remark)\n\n\(table)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}

/// How a figure changes with the size of something.
struct Curve: Codable {
    /// A size, and the figure at it.
    struct Point: Codable {
        var x: Double
        var y: Double
    }

    /// Which plot it belongs to.
    var plot: String
    /// What it is called in the plot's legend.
    var series: String
    var points: [Point] = []
}
