/// What came of a scenario.
struct Row: Sendable {
    let name: String
    /// What came of each pair of a publisher and a subscriber.
    var accounts: [Account] = []
    /// From the last publish, or the moment everybody was well again, until the accounts were right; the longest.
    var settling = Duration.zero
    /// What is wrong.
    var faults: [String] = []

    var sent: Int { accounts.reduce(0) { $0 + $1.sent } }
    var received: Int { accounts.reduce(0) { $0 + $1.received } }
    var lost: Int { accounts.reduce(0) { $0 + $1.lost } }
    var dropped: Int { accounts.reduce(0) { $0 + $1.dropped } }
    /// Too much in one account does not make up for too little in another.
    var unexplained: Int { accounts.reduce(0) { $0 + abs($1.unexplained) } }

    var isSound: Bool { faults.isEmpty && unexplained == 0 }
}

/// What became of the envelopes that were sent to one subscriber.
struct Account: Sendable {
    var sent: Int
    var received: Int
    var lost: Int
    /// How many of those received did not find room, or nobody who kept up.
    var dropped = 0

    var unexplained: Int { sent - received - lost }
}
