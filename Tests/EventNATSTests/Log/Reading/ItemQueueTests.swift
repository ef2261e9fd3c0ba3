import EventCore
import Testing

@testable import EventNATS

@Suite(.timeLimit(.minutes(1))) struct ItemQueueTests {
    @Test func `items come out in order, and an end behind them`() async throws {
        let queue = ItemQueue<Int>()
        for number in 0..<3000 { #expect(queue.offer(number)) }
        queue.end()
        #expect(!queue.offer(-1))
        var numbers: [Int] = []
        while let number = try await queue.next() { numbers.append(number) }
        #expect(numbers == Array(0..<3000))
    }

    @Test func `who waits gets the next item, or the error it ends with`() async throws {
        let queue = ItemQueue<Int>()
        async let first = queue.next()
        #expect(queue.offer(7))
        #expect(try await first == 7)
        let second = Task { try await queue.next() }
        queue.end(.busClosed)
        let error = await #expect(throws: EventError.self) { try await second.value }
        #expect(error == .busClosed)
    }

    @Test func `a cancelled task does not wait, and takes nothing`() async throws {
        let queue = ItemQueue<Int>()
        let task = Task { try await queue.next() }
        task.cancel()
        #expect(try await task.value == nil)
        #expect(queue.offer(1))
        #expect(try await queue.next() == 1)
    }
}
