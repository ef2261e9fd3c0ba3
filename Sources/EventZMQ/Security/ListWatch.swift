import EventCore

/// Finds out whether a list of peers has changed.
///
/// What is read twice in a row, and differs from what is in effect, is taken: whoever writes the list in place, without
/// a rename, may be half way the first time.
struct ListWatch: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How often to look: what is changed has to take effect within a second.
    private static let interval = Duration.milliseconds(250)

    /// Whose list it is.
    let domain: SecurityDomain
    private var current: AllowList
    /// What was read the last time, or why it could not be.
    private var last: Result<AllowList, EventError>
    /// Why it could not be read, when that was told.
    private var told: EventError?
    /// When to look again.
    private(set) var deadline: Instant

    /// Watches the list of a domain; `nil` when that was not read from a file.
    init?(_ domain: SecurityDomain, now: Instant) {
        guard let list = domain.keyed?.list else { return nil }
        self.domain = domain
        (current, last) = (list, .success(list))
        deadline = now + Self.interval
    }

    var path: String { current.path }

    /// Takes note of what was read now.
    ///
    /// - Returns: What is new, or why nothing can be read, once; otherwise `nil`.
    mutating func looked(_ now: Instant, at read: Result<AllowList, EventError>) -> Result<AllowList, EventError>? {
        deadline = now + Self.interval
        guard read == last else {
            last = read
            return nil
        }
        switch read {
        case .success(let list):
            told = nil
            guard list != current else { return nil }
            current = list
        case .failure(let error):
            guard error != told else { return nil }
            told = error
        }
        return read
    }
}
