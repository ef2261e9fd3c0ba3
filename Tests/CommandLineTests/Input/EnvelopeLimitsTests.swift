import EventCore
import Foundation
import Testing

@testable import eventbus

@Suite struct EnvelopeLimitsTests {
    @Test func `payload and rest have the same limit, and a line has room for both`() throws {
        let limits = EnvelopeLimits(part: 100)
        // The names between them, and the pattern that `route` adds.
        #expect(limits.line > 200 + 1024 && limits.line < 10_000)
        try limits.check(payload: 100)
        #expect(throws: EventError.self) { try limits.check(payload: 101) }
    }

    @Test func `the rest counts as it is printed, with its escapes`() throws {
        let plain = Envelope(subject: "a", headers: ["k": String(repeating: "x", count: 10)])
        let escaped = Envelope(subject: "a", headers: ["k": String(repeating: "<", count: 10)])
        let size = try plain.jsonData().count
        let limits = EnvelopeLimits(part: size)
        try limits.check(plain, lineOf: size)
        #expect(throws: EventError.self) { try limits.check(escaped, lineOf: size) }
    }

    @Test func `what a bus allows raises the limits and does not lower them`() {
        #expect(EnvelopeLimits(busAllows: nil) == .standard)
        #expect(EnvelopeLimits(busAllows: 1024) == .standard)
        #expect(EnvelopeLimits(busAllows: 1 << 30).part == 1 << 30)
        #expect(EnvelopeLimits(busAllows: .max).line == .max)
    }

    @Test func `the bus in the arguments says what it allows`() {
        var options = BusOptions()
        options.url = "zmq:?publish=bind:ipc://x&maximumMessageSize=33554432&linger=3s"
        #expect(options.envelopeLimits.part == 33_554_432)
        #expect(options.linger == .seconds(3))
        options.url = "memory:"
        #expect(options.envelopeLimits == .standard)
        #expect(options.linger == .seconds(1))
    }
}
