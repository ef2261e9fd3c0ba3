import IntegrationSupport

/// Somebody who is no bus takes part here.
extension Scenario {
    static let strangers = [strayConnection, forgedNumber]

    private static let strayConnection = Scenario(
        name: "stray connection of 1 000 zero bytes, then subscribing",
        shows: "A stranger does not make a publisher that has not confirmed pass for one that has.",
        isShort: true
    ) { stage, audit in
        let patience = Duration.milliseconds(500)
        let subscriber = try await stage.peer(
            "subscriber",
            ["--subscribe", "bind:tcp://127.0.0.1:*", "--confirmation-milliseconds", "500"]
        )
        try await subscriber.collect("a")
        let publisher = try await stage.peer("publisher", ["--publish", "connect:\(subscriber.bound)"])
        try await publisher.awaitSubscribers(of: "a")
        // It does not answer, being no bus.
        let plain = try await Python(on: stage).publisher("connect", subscriber.bound)
        _ = try await plain.nextLine()

        for pattern in ["before", "after", "later"] {
            if pattern != "before" {
                try Loopback.throwBytes([UInt8](repeating: 0, count: 1000), at: subscriber.port)
            }
            let (time, unconfirmed) = try await subscriber.collect(pattern)
            audit.expect(
                unconfirmed == 1 && time >= patience - .milliseconds(5),
                "\(pattern) the stray connection: one publisher never confirms, and it was confirmed after \(time)"
            )
            try await publisher.awaitSubscribers(of: pattern)
        }
        try await publisher.burst(10_000)
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost == 0, "\(books.lost) are lost")
    }

    private static let forgedNumber = Scenario(
        name: "forged numbers of 2^63, then an honest loss",
        shows: "A number that cannot be true is no loss, and hides none.",
        isShort: true
    ) { stage, audit in
        let subscriber = try await stage.peer("subscriber", ["--subscribe", "bind:\(stage.address())"])
        let forging = try await Python(on: stage).publisher("connect", stage.address())
        let publisher = try await stage.peer(
            "publisher",
            ["--publish", "connect:\(stage.address())", "--high-water-mark", "100"]
        )
        try await subscriber.collect("a")
        try await publisher.awaitSubscribers(of: "a")
        _ = try await forging.nextLine()
        for number in ["1", "9223372036854775808", "18446744073709551615"] {
            let header = #"{"v":1,"origin":"forger","seq":\#(number)}"#
            try forging.send(#"{"subject":"a","header":\#(header),"frames":["31"],"escapes":true}"#)
        }
        let forged = try await subscriber.poll { $0.received + $0.malformed >= 3 }
        audit.expect(forged.lost == 0, "\(forged.lost) are lost because somebody said so")

        try await subscriber.stopped { try await publisher.burst(60_000) }
        let books = try await audit.settle(publisher, at: subscriber, besides: forged.received)
        audit.expect(books.lost > 0, "nothing was lost")
    }
}
