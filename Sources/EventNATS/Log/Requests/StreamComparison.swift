import EventCore

extension StreamAPI.StreamConfig {
    init(_ configuration: NATSLogConfiguration, _ namespace: Namespace) {
        self.init(
            name: configuration.stream,
            subjects: configuration.subjects.map { String(decoding: namespace.wire($0).dropLast(), as: UTF8.self) },
            retention: configuration.retention.rawValue,
            storage: configuration.storage.rawValue,
            discard: configuration.discard.rawValue,
            replicas: configuration.replicas,
            maximumCount: configuration.maximumCount ?? -1,
            maximumBytes: configuration.maximumBytes ?? -1,
            maximumAge: configuration.maximumAge?.wholeNanoseconds ?? 0,
            duplicateWindow: configuration.duplicateWindow.wholeNanoseconds
        )
    }

    /// What of a stream is not as it should be, with both values; `nil` when all is.
    func difference(from existing: Self) -> String? {
        let pairs: [(name: String, wanted: String, found: String)] = [
            ("subjects", Self.list(subjects), Self.list(existing.subjects)),
            ("retention", retention, existing.retention), ("storage", storage, existing.storage),
            ("discard", discard, existing.discard), ("replicas", "\(replicas)", "\(existing.replicas)"),
            ("maximumCount", Self.count(maximumCount), Self.count(existing.maximumCount)),
            ("maximumBytes", Self.count(maximumBytes), Self.count(existing.maximumBytes)),
            ("maximumAge", Self.time(maximumAge), Self.time(existing.maximumAge)),
            ("duplicateWindow", Self.time(duplicateWindow), Self.time(existing.duplicateWindow)),
        ]
        return StreamAPI.difference(in: pairs)
    }

    private static func list(_ subjects: [String]?) -> String { (subjects ?? []).sorted().joined(separator: " ") }

    private static func count(_ number: Int) -> String { number > 0 ? "\(number)" : "no limit" }

    private static func time(_ nanoseconds: Int64?) -> String {
        guard let nanoseconds, nanoseconds > 0 else { return "no limit" }
        return "\(Duration.nanoseconds(nanoseconds))"
    }
}

extension StreamAPI.ConsumerConfig {
    /// What of a consumer is not as it should be, with both values; `nil` when all is.
    func difference(from existing: Self) -> String? {
        let pairs: [(name: String, wanted: String, found: String)] = [
            ("pattern", filter ?? ">", existing.filter ?? ">"),
            ("start", start, existing.start),
            ("acknowledgement", acknowledgement, existing.acknowledgement),
            ("delivery", deliverSubject ?? "by request", existing.deliverSubject ?? "by request"),
            ("group", deliverGroup ?? "none", existing.deliverGroup ?? "none"),
            (
                "acknowledgementWait", "\(Duration.nanoseconds(acknowledgementWait ?? 0))",
                "\(Duration.nanoseconds(existing.acknowledgementWait ?? 0))"
            ),
            ("maximumDeliveries", Self.count(maximumDeliveries), Self.count(existing.maximumDeliveries)),
            ("maximumUnacknowledged", Self.count(maximumUnacknowledged), Self.count(existing.maximumUnacknowledged)),
        ]
        return StreamAPI.difference(in: pairs)
    }

    private var start: String {
        [deliverPolicy, startSequence.map { "\($0)" }, startTime].compactMap(\.self).joined(separator: " ")
    }

    private static func count(_ number: Int?) -> String {
        guard let number, number > 0 else { return "no limit" }
        return "\(number)"
    }
}

extension StreamAPI {
    fileprivate static func difference(in pairs: [(name: String, wanted: String, found: String)]) -> String? {
        let different = pairs.filter { !$0.wanted.utf8.elementsEqual($0.found.utf8) }
        guard !different.isEmpty else { return nil }
        return different.map { "\($0.name) is \($0.found) and not \($0.wanted)" }.joined(separator: ", ")
    }
}
