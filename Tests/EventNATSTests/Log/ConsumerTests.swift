import EventCore
import EventNATS
import Foundation
import NATSSupport
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ConsumerTests {
    private func number(of delivery: NATSLogDelivery?) throws -> Int {
        let delivery = try #require(delivery)
        return try #require(try delivery.envelope.decode(Int.self))
    }

    @Test func `goes on where it was, behind what was acknowledged`() async throws {
        let name = freshName()
        var log = try await NATSLog.fresh(stream: name)
        try await log.append(0..<10)
        var consumer = try await log.consume(name: "work")
        for expected in 0..<4 {
            let delivery = try await consumer.next()
            #expect(try number(of: delivery) == expected)
            #expect(delivery?.deliveries == 1)
            try await delivery?.ack()
        }
        await log.close()
        #expect(try await consumer.next() == nil)
        log = try await NATSLog.fresh(stream: name)
        consumer = try await log.consume(name: "work")
        for expected in 4..<10 {
            let delivery = try await consumer.next()
            #expect(try number(of: delivery) == expected)
            try await delivery?.ack()
        }
        let info = try await log.info(ofConsumer: "work")
        #expect(info.pending == 0)
        #expect(info.unacknowledged == 0)
        #expect(info.acknowledgedSequence == 10)
        await log.close()
    }

    @Test func `what is given back comes again, at once or later, and what is terminated does not`() async throws {
        let log = try await NATSLog.fresh()
        try await log.append(0..<1)
        let consumer = try await log.consume(name: "work")
        let first = try #require(await consumer.next())
        try await first.nak()
        let second = try #require(await consumer.next())
        #expect(second.entry.sequence == 1)
        #expect(second.deliveries == 2)
        let start = ContinuousClock.now
        try await second.nak(after: .milliseconds(500))
        let third = try #require(await consumer.next())
        #expect(ContinuousClock.now - start >= .milliseconds(450))
        #expect(third.deliveries == 3)
        try await third.term()
        try await log.append(1..<2)
        #expect(try await consumer.next()?.entry.sequence == 2)
        await log.close()
    }

    @Test func `what is not acknowledged in time comes again, as often as is allowed`() async throws {
        let log = try await NATSLog.fresh()
        try await log.append(0..<1)
        var options = NATSLogConsumerOptions()
        options.acknowledgementWait = .milliseconds(300)
        options.maximumDeliveries = 2
        let consumer = try await log.consume(name: "work", options: options)
        #expect(try await consumer.next()?.deliveries == 1)
        let again = try #require(await consumer.next())
        #expect(again.entry.sequence == 1)
        #expect(again.deliveries == 2)
        try await log.append(1..<2)
        #expect(try await consumer.next()?.entry.sequence == 2)
        // The server passes the first one over once it is asked for another one.
        async let none = consumer.next()
        try await eventually { try await log.info(ofConsumer: "work").unacknowledged <= 1 }
        await log.close()
        _ = try await none
    }

    @Test func `only so many are unacknowledged`() async throws {
        let log = try await NATSLog.fresh()
        try await log.append(0..<50)
        var options = NATSLogConsumerOptions()
        options.maximumUnacknowledged = 5
        let consumer = try await log.consume(name: "work", options: options)
        var held: [NATSLogDelivery] = []
        while held.count < 5, let delivery = try await consumer.next() { held.append(delivery) }
        let info = try await log.info(ofConsumer: "work")
        #expect(info.unacknowledged == 5)
        #expect(info.pending == 45)
        for delivery in held { try await delivery.ack() }
        #expect(try await number(of: consumer.next()) == 5)
        await log.close()
    }

    @Test func `several readers share it, and what one holds goes to the others when it ends`() async throws {
        let name = freshName()
        let log = try await NATSLog.fresh(stream: name)
        let other = try await NATSLog.fresh(stream: name)
        let consumer = try await log.consume(name: "work")
        let idle = try await other.consume(name: "work")
        // The second subscription is at the server with the answer to this.
        _ = try await other.info
        try await log.append(0..<200)
        try await eventually { try await log.info(ofConsumer: "work").pending == 0 }
        // It has taken nothing out, and gives all back.
        idle.close()
        var found: Set<Int> = []
        while found.count < 200, let delivery = try await consumer.next() {
            found.insert(try number(of: delivery))
            try await delivery.ack()
        }
        #expect(found == Set(0..<200))
        try await eventually { try await log.info(ofConsumer: "work").unacknowledged == 0 }
        await log.close()
        await other.close()
    }

    @Test func `a consumer that differs is an error with both values`() async throws {
        let log = try await NATSLog.fresh()
        _ = try await log.consume(name: "work", of: "a.>")
        _ = try await log.consume(name: "work", of: "a.>")
        var options = NATSLogConsumerOptions()
        options.maximumUnacknowledged = 7
        let error = await #expect(throws: EventError.self) {
            try await log.consume(name: "work", of: "b.>", options: options)
        }
        let fault = "\(String(describing: error))"
        #expect(fault.contains("maximumUnacknowledged is 1000 and not 7"))
        #expect(fault.contains("a.> and not"))
        await #expect(throws: EventError.self) { try await log.consume(name: "a.b") }
        await #expect(throws: EventError.self) { try await log.info(ofConsumer: "nobody") }
        await log.close()
    }

    @Test func `ends with an error when the consumer is deleted`() async throws {
        let log = try await NATSLog.fresh()
        let consumer = try await log.consume(name: "work")
        try await log.deleteConsumer("work")
        let error = await #expect(throws: EventError.self) { try await consumer.next() }
        #expect(reason(of: error) == "consumer not found")
        await log.close()
    }

    @Test func `goes on when the server was away`() async throws {
        let server = try await NATSServer.withJetStream()
        let log = try await NATSLog.fresh(on: server) {
            $0.storage = .file; $0.timeout = .seconds(60)
        }
        var options = NATSLogConsumerOptions()
        options.acknowledgementWait = .seconds(1)
        let consumer = try await log.consume(name: "work", options: options)
        try await log.append(0..<100)
        var found: Set<Int> = []
        while found.count < 200, let delivery = try await consumer.next() {
            // A server that is killed may forget what was acknowledged last, and sends that again.
            let isNew = found.insert(try number(of: delivery)).inserted
            try await delivery.ack()
            guard isNew, found.count == 50 else { continue }
            await server.kill()
            try await server.start()
            try await log.append(100..<200)
        }
        #expect(found == Set(0..<200))
        await log.close()
    }

    @Test func `readers that stop use up no delivery of what they have not handed out`() async throws {
        let log = try await NATSLog.fresh()
        try await log.append(0..<10)
        var options = NATSLogConsumerOptions()
        options.maximumDeliveries = 2
        var found: [Int] = []
        for _ in 0..<10 {
            let consumer = try await log.consume(name: "work", options: options)
            let delivery = try #require(await consumer.next())
            #expect(delivery.deliveries == 1)
            found.append(try number(of: delivery))
            try await delivery.ack()
            consumer.close()
        }
        #expect(found == Array(0..<10))
        #expect(try await log.info(ofConsumer: "work").unacknowledged == 0)
        await log.close()
    }

    @Test func `what waits here is not sent again while a reader is slow`() async throws {
        let log = try await NATSLog.fresh()
        try await log.append(0..<1, on: "clock")
        try await log.append(0..<20)
        var options = NATSLogConsumerOptions()
        options.acknowledgementWait = .seconds(2)
        let clock = try await log.consume(name: "clock", of: "clock", options: options)
        let consumer = try await log.consume(name: "work", of: "a.b", options: options)
        let first = try #require(await consumer.next())
        try await first.ack()
        // Three times what an acknowledgement may take.
        while let delivery = try await clock.next(), delivery.deliveries < 4 {}
        var found: [Int] = []
        while found.count < 19, let delivery = try await consumer.next() {
            #expect(delivery.deliveries == 1)
            found.append(try number(of: delivery))
            try await delivery.ack()
        }
        #expect(found == Array(1..<20))
        let info = try await log.info(ofConsumer: "work")
        #expect(info.unacknowledged == 0)
        #expect(info.pending == 0)
        await log.close()
    }

    @Test func `how much is sent ahead is as it is asked for`() async throws {
        let log = try await NATSLog.fresh()
        try await log.append(0..<50)
        var options = NATSLogConsumerOptions()
        options.readAhead = 5
        let consumer = try await log.consume(name: "work", options: options)
        #expect(try await number(of: consumer.next()) == 0)
        try await eventually { try await log.info(ofConsumer: "work").unacknowledged > 1 }
        #expect(try await log.info(ofConsumer: "work").unacknowledged <= 5)
        options.acknowledgementWait = .seconds(1)
        let error = await #expect(throws: EventError.self) { try await log.consume(name: "other", options: options) }
        #expect("\(String(describing: error))".contains("readAhead"))
        await log.close()
    }

    @Test func `what is no envelope is terminated and told by its number`() async throws {
        let server = try await SharedLog.server.value
        let name = freshName()
        let (numbers, told) = AsyncStream<UInt64>.makeStream()
        let log = try await NATSLog.fresh(stream: name) { $0.onLeftOut = { number, _ in told.yield(number) } }
        try await log.append(0..<1)
        try PlainClient(port: server.port).publish("1", to: "\(name).a", header: "EB: garbage")
        try await log.append(1..<2)
        let consumer = try await log.consume(name: "work")
        for expected in 0..<2 {
            let delivery = try await consumer.next()
            #expect(try number(of: delivery) == expected)
            try await delivery?.ack()
        }
        var iterator = numbers.makeAsyncIterator()
        #expect(await iterator.next() == 2)
        try await eventually { try await log.info(ofConsumer: "work").unacknowledged == 0 }
        await log.close()
    }

    @Test func `a delay of more than servers count is the longest they can`() async throws {
        let log = try await NATSLog.fresh()
        try await log.append(0..<2)
        let consumer = try await log.consume(name: "work")
        let delivery = try #require(await consumer.next())
        try await delivery.nak(after: .milliseconds(9_223_372_036_900))
        #expect(try await consumer.next()?.entry.sequence == 2)
        await log.close()
    }

    @Test func `a start in the future is refused`() async throws {
        let log = try await NATSLog.fresh()
        let start = NATSLogStart.time(Date(timeIntervalSinceNow: 3600))
        let consumer = await #expect(throws: EventError.self) {
            try await log.consume(name: "work", options: NATSLogConsumerOptions(start: start))
        }
        let replay = await #expect(throws: EventError.self) { try await log.replay(from: start) }
        for error in [consumer, replay] { #expect("\(String(describing: error))".contains("in the future")) }
        await log.close()
    }

    @Test func `a queue of work lets go of what is done`() async throws {
        let log = try await NATSLog.fresh { $0.retention = .workQueue }
        try await log.append(0..<10)
        let consumer = try await log.consume(name: "work")
        for _ in 0..<10 { try await consumer.next()?.ack() }
        try await eventually { try await log.info.count == 0 }
        await log.close()
    }
}
