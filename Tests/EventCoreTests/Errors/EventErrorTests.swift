import EventCore
import Foundation
import Testing

@Suite struct EventErrorTests {
    @Test(
        "one line names the kind and the fault",
        arguments: [
            (.busClosed, "the bus is closed"),
            (.invalidSubject("x"), "invalid subject: x"),
            (.invalidPattern("x"), "invalid pattern: x"),
            (.payloadEncoding("x"), "the payload cannot be encoded: x"),
            (.payloadDecoding("x"), "the payload cannot be decoded: x"),
            (.malformedEnvelope("x"), "malformed envelope: x"),
            (.invalidConfiguration("x"), "invalid configuration: x"),
            (.noReply("x"), "no reply to x"), (.requestFailed("x"), "the request failed: x"),
            (.transport(.init(operation: "bind tcp://a:1", reason: "in use", code: 98)), "bind tcp://a:1: in use"),
        ] as [(EventError, String)]
    )
    func describes(_ error: EventError, _ text: String) {
        #expect(error.description == text)
        #expect("\(error as any Error)" == text)
        #expect((error as any Error).localizedDescription == text)
    }

    @Test func `cases and faults tell errors apart`() {
        let errors: Set<EventError> = [
            .busClosed, .invalidSubject("x"), .invalidSubject("y"), .invalidPattern("x"),
            .transport(.init(operation: "a", reason: "b")), .transport(.init(operation: "a", reason: "b", code: 1)),
        ]
        #expect(errors.count == 6)
        #expect(errors.contains(.invalidSubject("x")))
    }
}
