import Testing

@testable import EventZMQ

@Suite struct ConnectionTableTests {
    @Test func `a connection is established once, and ends once`() {
        var table = ConnectionTable()
        #expect(table.handle(.opened(5)) == nil)
        #expect(table.isOpen(5))
        #expect(table.handle(.established) == .connected)
        #expect(table.handle(.established) == nil)
        #expect(table.established == 1)
        #expect(table.handle(.disconnected(5)) == .disconnected)
        #expect(table.handle(.disconnected(5)) == nil)
        #expect(table.established == 0)
        #expect(!table.isOpen(5))
    }

    // A connection that ends in the greeting, without a failed handshake, took the place of a real one for good.
    @Test func `a stranger that comes and goes takes nobody's place`() {
        var table = ConnectionTable()
        for peer: Int32 in 1...3 {
            #expect(table.handle(.opened(peer)) == nil)
            #expect(table.handle(.established) == .connected)
        }
        for stranger: Int32 in 10..<20 {
            #expect(table.handle(.opened(stranger)) == nil)
            #expect(table.handle(.disconnected(stranger)) == nil)
        }
        #expect(table.established == 3)
        #expect(table.handle(.opened(30)) == nil)
        #expect(table.handle(.opened(31)) == nil)
        #expect(table.handle(.refused(1)) == nil)
        #expect(table.handle(.disconnected(31)) == nil)
        #expect(table.handle(.established) == .connected)
        #expect(table.established == 4)
    }

    @Test func `whoever sends is established, also while it is not known who the others are`() {
        var table = ConnectionTable()
        _ = table.handle(.opened(1))
        _ = table.handle(.established)
        #expect(table.received(over: 1, from: .init()) == nil)
        _ = table.handle(.opened(2))
        #expect(table.received(over: 2, from: .init()) == .connected)
        #expect(table.received(over: 2, from: .init()) == nil)
        #expect(table.received(over: 3, from: .init()) == nil)
        #expect(table.handle(.established) == nil)
        #expect(table.handle(.opened(3)) == nil)
        #expect(table.handle(.disconnected(1)) == .disconnected)
        #expect(table.handle(.disconnected(3)) == nil)
        #expect(table.established == 1)
    }

    @Test func `a replaced socket has no connection`() {
        var table = ConnectionTable()
        for peer: Int32 in 1...2 {
            _ = table.handle(.opened(peer))
            _ = table.handle(.established)
        }
        #expect(table.removeAll() == 2)
        #expect(table.removeAll() == 0)
        #expect(table.handle(.disconnected(1)) == nil)
    }

    @Test func `nothing that may happen counts below none, or more than are open`() {
        for _ in 0..<500 {
            var table = ConnectionTable()
            var open: Set<Int32> = []
            var balance = 0
            for _ in 0..<60 {
                let peer = Int32.random(in: 0..<5)
                let change: ConnectionTable.Change?
                switch Int.random(in: 0..<6) {
                case 0:
                    change = table.handle(.opened(peer))
                    open.insert(peer)
                case 1: change = table.handle(.established)
                case 2: change = table.handle(.refused(400))
                case 3: change = table.received(over: peer, from: .init())
                case 4: change = table.handle(.retried)
                default:
                    change = table.handle(.disconnected(peer))
                    open.remove(peer)
                }
                balance += change.map { $0 == .connected ? 1 : -1 } ?? 0
                #expect(balance == table.established && (0...open.count).contains(balance))
            }
            for peer in open { balance -= table.handle(.disconnected(peer)) == .disconnected ? 1 : 0 }
            #expect(balance == 0 && table.established == 0)
        }
    }
}
