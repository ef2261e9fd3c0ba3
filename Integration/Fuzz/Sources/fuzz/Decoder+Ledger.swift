@testable import EventCore
@testable import EventTransport
@testable import EventZMQ

extension Decoder {
    /// Accounts survive whatever publishers tell, in any order, and keep to the rule of when they want to be asked.
    ///
    /// Each byte that says what happens next is followed by what it takes.
    static let ledgerAccounts = Decoder(name: "ledger-accounts") { input in
        var script = LedgerScript(rest: input[...])
        while script.step() {}
        script.finish()
    }
}

/// What two publishers and a bus do, as bytes tell.
private struct LedgerScript {
    var rest: ArraySlice<UInt8>

    private static let origins = ["c8q3t0g1k2l3m4n5o6p7", "d4i1q0mc1l2v3k4j5h60"]
    private static let subjects: [Subject] = ["a", "a.b", "a.b.c", "b"]
    private static let prefixes = ["", "a", "a.", "a.b"].map { WirePrefix(Array($0.utf8)) }

    private var accounts = LedgerAccounts(retention: .seconds(1))
    private var now = ContinuousClock.now
    private var announced: [(incarnation: UInt64, prefix: WirePrefix)] = []
    private var lastIncarnation: UInt64 = 0

    init(rest: ArraySlice<UInt8>) {
        self.rest = rest
    }

    mutating func step() -> Bool {
        guard let kind = rest.popFirst(), let byte = rest.popFirst().map(Int.init) else { return false }
        let (origin, link, connection) = (Self.origins[byte & 1], byte >> 1 & 1, Int32(byte >> 2 & 3))
        switch kind % 8 {
        case 0, 1: return read(LedgerMessage(origin: origin, socket: UInt64(byte >> 4 & 1), serial: 0, number: 0), byte)
        case 2:
            guard let number = rest.takeVarint() else { return false }
            let subject = Self.subjects[byte >> 4 & 3]
            accounts.received(number, on: subject, from: origin, over: link, connection: connection, now: now)
        case 3:
            lastIncarnation += 1
            announced.append((lastIncarnation, Self.prefixes[byte & 3]))
            accounts.announced(Self.prefixes[byte & 3], lastIncarnation)
        case 4:
            guard !announced.isEmpty else { break }
            let (incarnation, prefix) = announced.remove(at: byte % announced.count)
            accounts.leaving(incarnation)
            accounts.released(prefix, incarnation, isClosed: byte & 0x80 != 0, now: now)
        case 5: accounts.disconnected(byte & 0x80 != 0 ? connection : nil, on: link, now: now)
        case 6: accounts.replaced(by: origin, on: link, now: now)
        default:
            now += .milliseconds(byte * 10)
            _ = accounts.takeReports(now)
            require(accounts.deadline.map { $0 > now } ?? true, "wants to be asked again at once")
        }
        return true
    }

    /// Reads a message that has come over the wire.
    private mutating func read(_ message: LedgerMessage, _ byte: Int) -> Bool {
        var message = message
        guard let serial = rest.takeVarint(), let number = rest.takeVarint(), let count = rest.popFirst() else {
            return false
        }
        (message.serial, message.number, message.isLast) = (serial, number, byte & 0x20 != 0)
        for _ in 0..<count % 4 {
            guard let incarnation = rest.popFirst(), let epoch = rest.popFirst(), let total = rest.takeVarint(),
                let born = rest.takeVarint()
            else { return false }
            var line = LedgerMessage.Line(
                incarnation: UInt64(incarnation),
                epoch: UInt64(epoch >> 1),
                total: total,
                born: born
            )
            if epoch & 1 == 1 { line.closed = rest.takeVarint() }
            message.lines.append(line)
        }
        let come = unwrap(LedgerMessage(frames: message.frames), "what was written is not read")
        let link = byte >> 1 & 1
        let connection = Int32(byte >> 2 & 3)
        guard !accounts.isHeld(come, on: link, against: connection, isOpen: { $0 != 3 }) else { return true }
        _ = accounts.read(come, on: link, over: connection, now: now)
        return true
    }

    mutating func finish() {
        _ = accounts.takeLastReports()
        require(accounts.takeLastReports().isEmpty, "tells something twice")
    }
}
