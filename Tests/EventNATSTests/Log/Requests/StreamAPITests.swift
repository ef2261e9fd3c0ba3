import EventCore
import Foundation
import Testing

@testable import EventNATS

@Suite struct StreamAPITests {
    @Test func `a refusal is thrown with its words`() throws {
        let text = #"{"type":"x","error":{"code":503,"err_code":10008,"description":"not yet"}}"#
        let fault = #expect(throws: StreamAPI.Fault.self) {
            try StreamAPI.read(Data(text.utf8), as: StreamAPI.Done.self)
        }
        #expect(fault?.isPassing == true)
        #expect(fault?.failure("open").description == "open: not yet")
        let full = #"{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"}}"#
        let other = #expect(throws: StreamAPI.Fault.self) {
            try StreamAPI.read(Data(full.utf8), as: StreamAPI.Acknowledgement.self)
        }
        #expect(other?.isPassing == false)
        #expect(throws: DecodingError.self) { try StreamAPI.read(Data(), as: StreamAPI.Done.self) }
    }

    @Test func `a stream as it is asked for does not differ, and one that does is told with both values`() throws {
        var configuration = NATSLogConfiguration(servers: ["x"], stream: "s", namespace: "shop")
        configuration.subjects = ["b.>", "a b"]
        let namespace = try Namespace("shop")
        let wanted = StreamAPI.StreamConfig(configuration, namespace)
        #expect(wanted.subjects == ["shop.b.>", "shop.a%20b"])
        var existing = wanted
        existing.subjects?.reverse()
        #expect(wanted.difference(from: existing) == nil)
        (existing.replicas, existing.maximumAge) = (3, 60_000_000_000)
        let difference = wanted.difference(from: existing)
        #expect(difference == "replicas is 3 and not 1, maximumAge is 60.0 seconds and not no limit")
    }

    @Test func `durations are whole nanoseconds`() {
        #expect(Duration.milliseconds(1500).wholeNanoseconds == 1_500_000_000)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.milliseconds(9_223_372_036_900).wholeNanoseconds == .max)
        #expect(Duration.milliseconds(-9_223_372_036_900).wholeNanoseconds == .min)
        #expect(Duration.milliseconds(9_223_372_036_800).wholeNanoseconds == 9_223_372_036_800_000_000)
    }
}
