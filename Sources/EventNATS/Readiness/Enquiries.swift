/// Whom this bus has asked to say again where it is and what it wants, because it does not know or knows otherwise.
///
/// Who does not answer, or whose answer changes nothing, such as one for whom there is no room, is asked less and less often.
struct Enquiries: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Enquiry: Sendable {
        var nextAt: Instant
        var wait: Duration
    }

    static let first = Duration.milliseconds(200)
    static let most = Duration.seconds(300)
    /// So many are remembered; with more, all of them may be asked again.
    static let maximumCount = 1 << 14

    private var enquiries: [String: Enquiry] = [:]

    /// Whether it is time to ask a bus, which is noted then.
    mutating func mayAsk(_ bus: String, now: Instant) -> Bool {
        if let enquiry = enquiries[bus] {
            guard enquiry.nextAt <= now else { return false }
            let wait = min(enquiry.wait * 2, Self.most)
            enquiries[bus] = Enquiry(nextAt: now + wait, wait: wait)
        } else {
            if enquiries.count >= Self.maximumCount { enquiries = [:] }
            enquiries[bus] = Enquiry(nextAt: now + Self.first, wait: Self.first)
        }
        return true
    }

    /// What is known of a bus is what it says.
    mutating func settled(_ bus: String) { enquiries[bus] = nil }
}
