import Foundation
import IntegrationSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct RestartTests {
    @Test func `a publisher that is killed and starts again is heard again, and that is no gap`() async throws {
        try await Stage.run { stage in
            let subscriber = try await stage.subscriber(at: stage.address())
            var numbers = 0
            for life in 1...4 {
                let publisher = try await stage.publisher(at: stage.address())
                if life == 1 { try await subscriber.subscribe(to: "orders.>") }
                try await publisher.awaitSubscribers(of: "orders.a")
                try await publisher.publish(numbers + 1...numbers + 1000, on: "orders.a")
                numbers += 1000
                #expect(try await subscriber.receive(numbers, on: "orders.>") == Tally(received: numbers))
                await publisher.process.kill()
                try await subscriber.perform(.awaitEvent(.disconnected, count: life))
            }
            #expect(try await subscriber.counts.lost == 0)
        }
    }

    @Test func `a publisher that starts again at the same port is heard again`() async throws {
        try await Stage.run { stage in
            var publisher = try await stage.publisher(at: "tcp://127.0.0.1:*")
            let address = try #require(publisher.endpoints.first)
            let subscriber = try await stage.subscriber(at: address)
            try await subscriber.subscribe(to: "a")
            try await publisher.publish(1, on: "a")
            #expect(try await subscriber.receive(1, on: "a").received == 1)
            await publisher.process.kill()
            publisher = try await stage.publisher(at: address)
            try await publisher.awaitSubscribers(of: "a")
            try await publisher.publish(2, on: "a")
            #expect(try await subscriber.receive(2, on: "a").received == 2)
            #expect(try await subscriber.counts.lost == 0)
        }
    }

    @Test func `a subscriber that is killed and starts again is served again, and another one all the time`()
        async throws
    {
        try await Stage.run { stage in
            let publisher = try await stage.publisher(at: stage.address())
            let bystander = try await stage.subscriber("bystander", at: stage.address())
            try await bystander.subscribe(to: "orders.>")
            var numbers = 0
            for life in 1...4 {
                let subscriber = try await stage.subscriber(at: stage.address())
                try await subscriber.subscribe(to: "orders.>")
                try await publisher.publish(numbers + 1...numbers + 1000, on: "orders.a")
                numbers += 1000
                #expect(try await subscriber.receive(numbers, on: "orders.>") == Tally(received: 1000))
                await subscriber.process.kill()
                try await publisher.perform(.awaitEvent(.subscriberLeft, count: life))
            }
            #expect(try await bystander.receive(numbers, on: "orders.>") == Tally(received: numbers))
            #expect(try await bystander.counts.lost == 0)
        }
    }

    @Test func `a subscriber that waits at its address is found by publishers that start again, and starts again`()
        async throws
    {
        try await Stage.run { stage in
            let publisher = try await stage.peer("publisher", ["--publish", "connect:\(stage.address())"])
            for life in 1...3 {
                let subscriber = try await stage.peer("subscriber", ["--subscribe", "bind:\(stage.address())"])
                try await subscriber.subscribe(to: "a")
                try await publisher.perform(.awaitEvent(.subscriberJoined, count: life))
                try await publisher.awaitSubscribers(of: "a")
                try await publisher.publish(life, on: "a")
                #expect(try await subscriber.receive(life, on: "a").received == 1)
                await subscriber.process.kill()
                try await publisher.perform(.awaitEvent(.subscriberLeft, count: life))
            }
        }
    }

    @Test func `3 000 prefixes are all in effect, before and after their publisher starts again`() async throws {
        try await Stage.run { stage in
            let names = (1...3000).map { "run.r\($0)" }
            let patterns = names.map { "\($0).>" }
            let subjects = names.map { "\($0).start" }
            // 3 000 at once may take longer than the usual limit where other tests run beside this one.
            let subscriber = try await stage.subscriber(at: stage.address(), "--confirmation-milliseconds", "60000")
            for life in 1...3 {
                let publisher = try await stage.publisher(at: stage.address())
                if life == 1 { try await subscriber.perform(.subscribe(patterns: patterns, microsecondsEach: 0)) }
                // Subscriptions come again in the order of their bytes, and this one is the last of them.
                try await publisher.awaitSubscribers(of: "run.r999.start")
                try await publisher.perform(.publish(subjects: subjects, numbers: life...life))
                let tally = try await subscriber.receive(life, onAll: patterns)
                #expect(tally == Tally(received: life * names.count))
                await publisher.process.kill()
            }
            let counts = try await subscriber.counts
            #expect((counts.lost, counts.unconfirmed) == (0, 0))
        }
    }
}
