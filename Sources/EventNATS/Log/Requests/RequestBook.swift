#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A message that is answered.
struct LogRequest: Sendable {
    /// Where it goes, as C text.
    var wire: [UInt8]
    /// Its headers, as C text.
    var headers: [(name: StaticString, value: [UInt8])] = []
    var body = Data()
    /// Whether it counts against the number of those in flight.
    var isBounded = false
}

/// The questions that wait for an answer: which to send when, and which to give up.
///
/// Whoever asks may be asked twice, for an answer may be lost: what is asked here is such that it does no harm. Only so many
/// bounded ones are under way; the others wait their turn, in order.
struct RequestBook<Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Entry: Sendable {
        var request: LogRequest
        var deadline: Instant
        var waiter: Waiter
        /// Counts the times it was sent; what refers to an earlier one is out of date.
        var attempt = 0
        var isUnderWay = false
        /// Whether nobody listened when it was sent last.
        var wasUnheard = false
    }

    private struct Mark: Sendable {
        var number: UInt64
        var attempt: Int
        var time: Instant
    }

    /// A question to be sent now.
    struct Sending: Sendable {
        var number: UInt64
        var request: LogRequest
    }

    /// A question that nobody has answered in time.
    struct Expired: Sendable {
        var waiter: Waiter
        /// Whether nobody listens where it went, as the server says.
        var wasUnheard: Bool
    }

    /// How long to wait before a question that nobody listened to is sent again.
    static var pause: Duration { .milliseconds(100) }

    private let capacity: Int
    private let timeout: Duration
    /// How long an answer may take before the question is sent again.
    private let patience: Duration
    private var entries: [UInt64: Entry] = [:]
    private var lastNumber: UInt64 = 0
    private(set) var inFlight = 0
    /// Bounded ones that have no place yet, the oldest first.
    // A slice, for its first one goes without moving the others.
    private var waiting: ArraySlice<UInt64> = []
    private var ready: [UInt64] = []
    /// When to look for answers, and when to send again: each in the order of time, for each is so much later than its making.
    private var looks: [Mark] = []
    private var retries: [Mark] = []

    init(capacity: Int, timeout: Duration) {
        (self.capacity, self.timeout) = (capacity, timeout)
        patience = min(timeout / 4, .seconds(1))
    }

    var count: Int { entries.count }

    /// A number for a question.
    mutating func reserve() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// Takes a question.
    mutating func add(_ number: UInt64, _ request: LogRequest, _ waiter: Waiter, now: Instant) {
        entries[number] = Entry(request: request, deadline: now + timeout, waiter: waiter)
        guard request.isBounded, inFlight >= capacity || !waiting.isEmpty else { return start(number) }
        waiting.append(number)
    }

    private mutating func start(_ number: UInt64) {
        guard entries[number]?.isUnderWay == false else { return }
        entries[number]?.isUnderWay = true
        if entries[number]?.request.isBounded == true { inFlight += 1 }
        ready.append(number)
    }

    /// An answer has come.
    ///
    /// - Returns: Who waits for it, the first time.
    mutating func answered(_ number: UInt64) -> Waiter? { remove(number) }

    /// Whoever waits does so no longer.
    mutating func cancel(_ number: UInt64) -> Waiter? { remove(number) }

    private mutating func remove(_ number: UInt64) -> Waiter? {
        guard let entry = entries.removeValue(forKey: number) else { return nil }
        if entry.isUnderWay, entry.request.isBounded { inFlight -= 1 }
        while inFlight < capacity, !waiting.isEmpty { start(waiting.removeFirst()) }
        return entry.waiter
    }

    /// Nobody listened; it is sent again after a pause.
    mutating func unheard(_ number: UInt64, now: Instant) {
        guard let entry = entries[number] else { return }
        entries[number]?.wasUnheard = true
        retries.append(Mark(number: number, attempt: entry.attempt, time: now + Self.pause))
    }

    /// There is a server again, and what the last one had may be lost.
    mutating func sendAllAgain() {
        let underWay = entries.filter { $0.value.isUnderWay }.keys.sorted()
        ready = underWay
    }

    /// The questions to be sent now, in order.
    mutating func take(now: Instant) -> [Sending] {
        let numbers = ready
        ready = []
        var sendings: [Sending] = []
        sendings.reserveCapacity(numbers.count)
        for number in numbers {
            guard let entry = entries[number] else { continue }
            entries[number]?.attempt += 1
            looks.append(Mark(number: number, attempt: entry.attempt + 1, time: now + patience))
            sendings.append(Sending(number: number, request: entry.request))
        }
        return sendings
    }

    /// Lets time pass.
    ///
    /// - Returns: Those that are given up.
    mutating func tick(now: Instant) -> [Expired] {
        var expired: [Expired] = []
        // Before places are freed, or they would get one. All have the same time, so the first is the first to go.
        while let number = waiting.first, entries[number].map({ $0.deadline <= now }) ?? true {
            waiting.removeFirst()
            if let waiter = remove(number) { expired.append(Expired(waiter: waiter, wasUnheard: false)) }
        }
        for mark in Self.takeDue(&retries, now) + Self.takeDue(&looks, now) {
            guard let entry = entries[mark.number], entry.attempt == mark.attempt else { continue }
            if entry.deadline <= now {
                if let waiter = remove(mark.number) {
                    expired.append(Expired(waiter: waiter, wasUnheard: entry.wasUnheard))
                }
            } else if !ready.contains(mark.number) {
                ready.append(mark.number)
            }
        }
        return expired
    }

    private static func takeDue(_ marks: inout [Mark], _ now: Instant) -> [Mark] {
        let end = marks.firstIndex { $0.time > now } ?? marks.count
        defer { marks.removeFirst(end) }
        return Array(marks[..<end])
    }

    /// When to call ``tick(now:)`` next: now, when there is something to send, and `nil` when nothing waits.
    func nextTime(now: Instant) -> Instant? {
        if !ready.isEmpty { return now }
        let times = [retries.first?.time, looks.first?.time, waiting.first.flatMap { entries[$0]?.deadline }]
        return times.compactMap(\.self).min()
    }

    /// Takes those out that go to a subject.
    mutating func takeAll(to wire: some Sequence<UInt8>) -> [Waiter] {
        let numbers = entries.filter { $0.value.request.wire.dropLast().elementsEqual(wire) }.keys
        return numbers.compactMap { remove($0) }
    }

    /// Gives all up.
    mutating func takeAll() -> [Waiter] {
        defer { (entries, waiting, ready, looks, retries, inFlight) = ([:], [], [], [], [], 0) }
        return entries.values.map(\.waiter)
    }
}
