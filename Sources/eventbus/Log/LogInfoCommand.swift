import ArgumentParser
import EventCore
import EventNATS
import Foundation

/// `eventbus log info`: tells how a log is.
struct LogInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Tell how a log is, or a durable consumer of it.",
        discussion: """
            Prints a line for each fact: its name and its value, with a tab between them.

            Example: eventbus log info --stream orders --name billing --bus nats://host:4222
            """
    )

    @OptionGroup var log: LogOptions

    @Option(help: ArgumentHelp("A durable consumer to tell about instead.", valueName: "name"))
    var name: String?

    func run() async throws {
        let log = try await log.open()
        let lines: [String]
        do {
            lines =
                if let name { Self.lines(of: try await log.info(ofConsumer: name)) } else {
                    Self.lines(of: try await log.info)
                }
        } catch {
            await log.close()
            throw error
        }
        await log.close()
        for line in lines { try await OutputWriter.print(line) }
    }

    private static func lines(of info: NATSLogInfo) -> [String] {
        lines([
            ("stream", info.stream),
            ("subjects", info.subjects.map(\.rawValue).joined(separator: " ")),
            ("storage", info.storage),
            ("retention", info.retention),
            ("replicas", "\(info.replicas)"),
            ("leader", info.leader ?? "-"),
            ("count", "\(info.count)"),
            ("bytes", "\(info.bytes)"),
            ("first", "\(info.firstSequence)"),
            ("last", "\(info.lastSequence)"),
            ("first-time", info.firstTime.map { $0.formatted(.iso8601) } ?? "-"),
            ("last-time", info.lastTime.map { $0.formatted(.iso8601) } ?? "-"),
            ("consumers", "\(info.consumers)"),
        ])
    }

    private static func lines(of info: NATSLogConsumerInfo) -> [String] {
        lines([
            ("name", info.name),
            ("pattern", info.pattern.rawValue),
            ("pending", "\(info.pending)"),
            ("unacknowledged", "\(info.unacknowledged)"),
            ("redelivered", "\(info.redelivered)"),
            ("acknowledged", "\(info.acknowledgedSequence)"),
        ])
    }

    private static func lines(_ facts: [(name: String, value: String)]) -> [String] {
        facts.map { "\($0.name)\t\($0.value.printable)" }
    }
}
