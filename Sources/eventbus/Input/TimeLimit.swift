import ArgumentParser
import EventCore
import EventTransport

/// A length of time as an argument: `500ms`, `1.5s`, `2m`, or a number of seconds such as `0.5`.
struct TimeLimit: ExpressibleByArgument, CustomStringConvertible, Sendable {
    let duration: Duration
    let description: String

    init?(argument: String) {
        if let duration = Duration(argument) {
            self.init(duration, argument)
        } else if let duration = Duration("\(argument)s") {
            self.init(duration, "\(argument)s")
        } else {
            return nil
        }
    }

    private init(_ duration: Duration, _ description: String) {
        self.duration = duration
        self.description = description
    }

    /// The end of so much time from now on.
    var deadline: ContinuousClock.Instant { .now + duration.bounded }

    static func seconds(_ count: Int) -> TimeLimit {
        TimeLimit(.seconds(count), "\(count)s")
    }
}
