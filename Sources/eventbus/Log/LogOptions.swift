public import ArgumentParser
import EventCore
public import EventNATS
import Foundation

/// The options that say which log.
struct LogOptions: ParsableArguments {
    /// How long a log may take to close.
    static let linger = Duration.seconds(4)

    @Option(
        name: .customLong("bus"),
        help: ArgumentHelp(
            "The servers, such as 'nats://host:4222,host2?namespace=shop'. (default: $EVENT_BUS)",
            valueName: "url"
        )
    )
    var url: String?

    @Option(help: ArgumentHelp("What the servers call the log.", valueName: "name"))
    var stream: String

    /// Opens the log, which has to be there unless it is said how to make it.
    ///
    /// - Parameters:
    ///   - creation: How to make it.
    ///   - onLeftOut: Called with the number of what is no envelope, and why.
    /// - Returns: The log.
    /// - Throws: A usage error, or why it cannot be opened.
    func open(
        _ creation: LogCreation? = nil,
        onLeftOut: (@Sendable (UInt64, EventError) -> Void)? = nil
    ) async throws -> NATSLog {
        let (text, origin) = try choice()
        do {
            var configuration = try NATSLogConfiguration(url: text, stream: stream)
            configuration.opening = .asItIs
            configuration.onLeftOut = onLeftOut
            if let creation { try creation.apply(to: &configuration) }
            return try await NATSLog(configuration: configuration)
        } catch EventError.invalidConfiguration(let fault) {
            throw ValidationError("\(origin): \(fault).")
        }
    }

    private func choice() throws -> (text: String, origin: String) {
        if let url { return (url, "--bus") }
        if let text = try CommandArguments.environment("EVENT_BUS"), !text.isEmpty { return (text, "EVENT_BUS") }
        throw ValidationError("No server is chosen. Give --bus or set EVENT_BUS, for example to 'nats://host:4222'.")
    }
}

/// The options that say how a log is to be made.
struct LogCreation: ParsableArguments {
    @Flag(help: "Make the log when it is missing, as the options below say; one that is there has to be so.")
    var create = false

    @Option(
        name: .customLong("subjects"),
        help: ArgumentHelp("Which subjects it takes; repeatable. (default: '>')", valueName: "pattern"),
        transform: { try Pattern(validating: $0) }
    )
    var subjects: [Pattern] = []

    @Option(help: ArgumentHelp("Where it is kept: file or memory. (default: file)", valueName: "kind"))
    var storage: NATSLogConfiguration.Storage?

    @Option(help: ArgumentHelp("How many servers have a copy. (default: 1)", valueName: "n"))
    var replicas: Int?

    @Option(
        help: ArgumentHelp(
            "What goes by itself: limits, interest or workqueue. (default: limits)",
            valueName: "kind"
        )
    )
    var retention: NATSLogConfiguration.Retention?

    @Option(help: ArgumentHelp("How many envelopes are kept at most.", valueName: "n"))
    var maximumCount: Int?

    @Option(help: ArgumentHelp("How many bytes are kept at most.", valueName: "n"))
    var maximumBytes: Int?

    @Option(help: ArgumentHelp("For how long they are kept, such as 90s or 60m; at least 100ms.", valueName: "time"))
    var maximumAge: TimeLimit?

    func validate() throws {
        let isGiven =
            !subjects.isEmpty || storage != nil || replicas != nil || retention != nil || maximumCount != nil
            || maximumBytes != nil || maximumAge != nil
        guard create || !isGiven else { throw ValidationError("How a log is to be made is said with --create.") }
        guard maximumAge?.duration ?? .seconds(1) >= .milliseconds(100) else {
            throw ValidationError("--maximum-age must be at least 100ms.")
        }
    }

    /// Says so in a configuration, when it was asked for.
    func apply(to configuration: inout NATSLogConfiguration) throws {
        guard create else { return }
        configuration.opening = .createOrCheck
        if !subjects.isEmpty { configuration.subjects = subjects }
        configuration.storage = storage ?? configuration.storage
        configuration.replicas = replicas ?? configuration.replicas
        configuration.retention = retention ?? configuration.retention
        (configuration.maximumCount, configuration.maximumBytes) = (maximumCount, maximumBytes)
        configuration.maximumAge = maximumAge?.duration
        guard let age = maximumAge?.duration else { return }
        // The servers know ids no longer than envelopes, and what is repeated later would be kept twice.
        configuration.duplicateWindow = min(configuration.duplicateWindow, age)
        configuration.timeout = min(configuration.timeout, age)
    }
}

extension NATSLogConfiguration.Storage: ExpressibleByArgument {}
extension NATSLogConfiguration.Retention: ExpressibleByArgument {}
