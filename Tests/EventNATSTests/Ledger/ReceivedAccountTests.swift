import EventCore
import Testing

@testable import EventNATS

@Suite struct ReceivedAccountTests {
    private func lines(_ serial: UInt64, _ number: UInt64, _ segments: LedgerLines.Segment...) -> LedgerLines {
        LedgerLines(bus: "p", serial: serial, number: number, segments: segments)
    }

    private func arrive(_ account: inout ReceivedAccount, _ numbers: ClosedRange<UInt64>) {
        for number in numbers { _ = account.arrived(number, on: "a") { _ in true } }
    }

    private func read(_ account: inout ReceivedAccount, _ lines: LedgerLines, current: UInt64 = 1) -> Int? {
        account.read(lines, current: current) { _, _ in true }?.lost
    }

    @Test func `a loss is told once, however much comes after it`() {
        var account = ReceivedAccount()
        arrive(&account, 1...8)
        #expect(read(&account, lines(1, 10, .init(version: 1, from: 0, total: 10))) == 2)
        for round in 1...5 as ClosedRange<UInt64> {
            let (last, next) = (round * 10, round * 10 + 10)
            arrive(&account, last + 1...next)
            #expect(read(&account, lines(round + 1, next, .init(version: 1, from: 0, total: next))) == 0)
        }
        // Nor when what is wanted changes meanwhile.
        arrive(&account, 61...65)
        account.interestChanges()
        arrive(&account, 66...70)
        let two = lines(
            9,
            70,
            .init(version: 1, from: 0, to: 67, total: 67),
            .init(version: 2, from: 67, total: 3)
        )
        #expect(read(&account, two, current: 2) == 0)
    }

    @Test func `what comes late is no loss`() {
        var account = ReceivedAccount()
        arrive(&account, 1...8)
        #expect(read(&account, lines(1, 10, .init(version: 1, from: 0, total: 10))) == 2)
        let late = account.arrived(9, on: "a") { _ in true }
        #expect(late.late.lost == -1)
        #expect(read(&account, lines(2, 10, .init(version: 1, from: 0, total: 10))) == 0)
    }

    @Test func `what came before the publisher counted is not missed`() {
        var account = ReceivedAccount()
        arrive(&account, 1...5)
        #expect(read(&account, lines(1, 5, .init(version: 1, from: 3, total: 2))) == 0)
    }

    @Test func `a message of several is a copy as a whole`() {
        var account = ReceivedAccount()
        func arrive(_ number: UInt64, isContinued: Bool) -> ReceivedAccount.Arrival {
            account.arrived(number, on: "a", isContinued: isContinued) { _ in true }.arrival
        }
        #expect(arrive(1, isContinued: false) == .first)
        for number in 2...4 as ClosedRange<UInt64> { #expect(arrive(number, isContinued: number > 2) == .first) }
        #expect(arrive(2, isContinued: false) == .copy)
        for number in 5...6 as ClosedRange<UInt64> { #expect(arrive(number, isContinued: number > 5) == .first) }
        #expect(arrive(5, isContinued: false) == .copy)
        #expect(read(&account, lines(1, 6, .init(version: 1, from: 0, total: 6))) == 0)
    }

    @Test func `copy for another pattern is told from the first`() {
        var account = ReceivedAccount()
        #expect(account.arrived(1, on: "a") { _ in true }.arrival == .first)
        #expect(account.arrived(1, on: "a") { _ in true }.arrival == .copy)
    }

    @Test func `publisher that has forgotten the bus makes a loss that nobody can count`() {
        var account = ReceivedAccount()
        arrive(&account, 1...5)
        #expect(read(&account, lines(1, 5, .init(version: 1, from: 0, total: 5))) == 0)
        let anew = lines(2, 90, .init(version: 1, from: 90, total: 0))
        #expect(account.read(anew, current: 1) { _, _ in true }?.isUnknown == true)
    }

    @Test func `message that was overtaken says nothing`() {
        var account = ReceivedAccount()
        #expect(read(&account, lines(2, 5, .init(version: 1, from: 0, total: 5))) == 5)
        #expect(read(&account, lines(1, 4, .init(version: 1, from: 0, total: 4))) == nil)
    }
}
