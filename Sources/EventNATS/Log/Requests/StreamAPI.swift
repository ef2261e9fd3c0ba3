import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What JetStream is asked and answers, as its JSON has it.
enum StreamAPI {
    /// Where a question goes, as C text.
    static func wire(_ call: String) -> [UInt8] { Array("$JS.API.\(call)".utf8) + [0] }

    /// A refusal, in the server's words.
    struct Fault: Decodable, Sendable, Error {
        var code: Int
        var errorCode: Int?
        var description: String?

        enum CodingKeys: String, CodingKey {
            case code, description
            case errorCode = "err_code"
        }

        /// Whether the server may say something else a moment later: it has no leader, or one that is not ready.
        var isPassing: Bool { errorCode.map(Self.passing.contains) ?? false }
        /// No peers, not active, not available, not the leader: as it is for a while after servers have come or gone.
        static let passing: Set<Int> = [10005, 10006, 10008, 10009]
        static let streamNotFound = 10059
        static let consumerNotFound = 10014
        static let messageTooLarge = 10054

        /// Whether an error says that a stream or a consumer is not there any more.
        static func isGone(_ code: Int32?) -> Bool {
            code == Int32(streamNotFound) || code == Int32(consumerNotFound)
        }
    }

    private struct Refusal: Decodable {
        var error: Fault?
    }

    /// Reads an answer.
    ///
    /// - Throws: A ``Fault`` when it is a refusal; what `JSONDecoder` throws when it is no answer.
    static func read<Answer: Decodable>(_ data: Data, as type: Answer.Type = Answer.self) throws -> Answer {
        let decoder = JSONDecoder()
        if let fault = try decoder.decode(Refusal.self, from: data).error { throw fault }
        return try decoder.decode(type, from: data)
    }

    /// What `append` is answered.
    struct Acknowledgement: Decodable, Sendable {
        var seq: UInt64
        var duplicate: Bool?
    }

    /// An answer whose content does not matter.
    struct Done: Decodable, Sendable {}

    // MARK: Streams

    struct StreamConfig: Codable, Sendable, Equatable {
        var name: String
        var subjects: [String]?
        var retention: String
        var storage: String
        var discard: String
        var replicas: Int
        var maximumCount: Int
        var maximumBytes: Int
        /// In nanoseconds.
        var maximumAge: Int64
        var duplicateWindow: Int64?

        enum CodingKeys: String, CodingKey {
            case name, subjects, retention, storage, discard
            case replicas = "num_replicas"
            case maximumCount = "max_msgs"
            case maximumBytes = "max_bytes"
            case maximumAge = "max_age"
            case duplicateWindow = "duplicate_window"
        }
    }

    struct StreamState: Decodable, Sendable {
        var messages: UInt64
        var bytes: UInt64
        var firstSequence: UInt64
        var lastSequence: UInt64
        var firstTime: String?
        var lastTime: String?
        var consumers: Int?

        enum CodingKeys: String, CodingKey {
            case messages, bytes
            case firstSequence = "first_seq"
            case lastSequence = "last_seq"
            case firstTime = "first_ts"
            case lastTime = "last_ts"
            case consumers = "consumer_count"
        }
    }

    struct Cluster: Decodable, Sendable {
        var leader: String?
    }

    struct StreamInfo: Decodable, Sendable {
        var config: StreamConfig
        var state: StreamState
        var cluster: Cluster?
        /// When it was made: another one of the same name has another time.
        var created: String?
    }

    // MARK: Consumers

    struct ConsumerConfig: Codable, Sendable, Equatable {
        var name: String?
        var durable: String?
        var deliverSubject: String?
        var deliverGroup: String?
        var deliverPolicy: String
        var startSequence: UInt64?
        var startTime: String?
        var filter: String?
        var acknowledgement: String
        /// In nanoseconds.
        var acknowledgementWait: Int64?
        var maximumDeliveries: Int?
        var maximumUnacknowledged: Int?
        var replay = "instant"
        var flowControl: Bool?
        var heartbeat: Int64?
        var replicas: Int?
        var isInMemory: Bool?

        enum CodingKeys: String, CodingKey {
            case name
            case durable = "durable_name"
            case deliverSubject = "deliver_subject"
            case deliverGroup = "deliver_group"
            case deliverPolicy = "deliver_policy"
            case startSequence = "opt_start_seq"
            case startTime = "opt_start_time"
            case filter = "filter_subject"
            case acknowledgement = "ack_policy"
            case acknowledgementWait = "ack_wait"
            case maximumDeliveries = "max_deliver"
            case maximumUnacknowledged = "max_ack_pending"
            case replay = "replay_policy"
            case flowControl = "flow_control"
            case heartbeat = "idle_heartbeat"
            case replicas = "num_replicas"
            case isInMemory = "mem_storage"
        }
    }

    struct ConsumerRequest: Encodable, Sendable {
        var stream: String
        var config: ConsumerConfig

        enum CodingKeys: String, CodingKey {
            case stream = "stream_name"
            case config
        }
    }

    struct Progress: Decodable, Sendable {
        var consumerSequence: UInt64
        var streamSequence: UInt64

        enum CodingKeys: String, CodingKey {
            case consumerSequence = "consumer_seq"
            case streamSequence = "stream_seq"
        }
    }

    struct ConsumerInfo: Decodable, Sendable {
        var config: ConsumerConfig
        var delivered: Progress
        var acknowledged: Progress
        var unacknowledged: Int
        var redelivered: Int
        var pending: UInt64

        enum CodingKeys: String, CodingKey {
            case config, delivered
            case acknowledged = "ack_floor"
            case unacknowledged = "num_ack_pending"
            case redelivered = "num_redelivered"
            case pending = "num_pending"
        }
    }
}

extension Duration {
    /// In nanoseconds, as JetStream counts; what is more than it can count, some 292 years, is the most it can.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let limit: Int64 = seconds < 0 ? .min : .max
        let (whole, isTooMuch) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isStillTooMuch) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isTooMuch || isStillTooMuch ? limit : sum
    }
}
