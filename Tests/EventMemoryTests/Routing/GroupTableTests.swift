import EventCore
import Testing

@testable import EventMemory

@Suite struct GroupTableTests {
    private let table = GroupTable()

    private func join(_ name: String, _ pattern: Pattern) -> MailboxGroup {
        table.join(name, pattern) { MailboxGroup(name: name, pattern: pattern) }
    }

    @Test func `members of the same name and pattern have one group, until the last has gone`() {
        let group = join("workers", "a")
        #expect(join("workers", "a") === group)
        #expect(join("workers", "b") !== group)
        #expect(join("others", "a") !== group)
        #expect(table.count == 3)
        table.leave(group)
        #expect(join("workers", "a") === group)
        for _ in 1...2 { table.leave(group) }
        #expect(table.count == 2)
    }

    @Test func `who leaves a group that has gone takes nothing from the next one of that name`() {
        let group = join("workers", "a")
        table.leave(group)
        let next = join("workers", "a")
        #expect(next !== group)
        table.leave(group)
        #expect(table.count == 1)
        #expect(join("workers", "a") === next)
    }

    @Test func `a subscription that is refused or has ended leaves no group`() async throws {
        let bus = MemoryBus()
        let member = try await bus.subscribe(to: "a", options: SubscriptionOptions(group: "workers"))
        #expect(bus.table.groups.count == 1)
        member.close()
        #expect(bus.table.groups.count == 0)
        let excessive = SubscriptionOptions(
            bufferCapacity: SubscriptionOptions.maximumBufferCapacity + 1,
            group: "workers"
        )
        await #expect(throws: EventError.self) { _ = try await bus.subscribe(to: "a", options: excessive) }
        #expect(bus.table.groups.count == 0)
        await bus.close()
        await #expect(throws: EventError.busClosed) {
            _ = try await bus.subscribe(to: "a", options: SubscriptionOptions(group: "workers"))
        }
        #expect(bus.table.groups.count == 0)
    }
}
