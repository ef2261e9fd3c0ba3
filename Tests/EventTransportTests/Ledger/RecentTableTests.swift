import Testing

@testable import EventTransport

/// A key with as many bytes as it says, up to 999.
private struct Number: RecentKey {
    var value: Int
    var byteCount: Int { value.magnitude < 1000 ? Int(value.magnitude) : 0 }
}

extension RecentTable<Number, Int> {
    fileprivate mutating func place(of key: Int, initial: Int) -> Place {
        place(of: Number(value: key), initial: initial)
    }
}

@Suite struct RecentTableTests {
    @Test func `a key in use is not forgotten, one that is not is`() {
        var table = RecentTable<Number, Int>(capacity: 4)
        table[table.place(of: -1, initial: 7)] += 1
        for key in 0..<100 {
            let place = table.place(of: 1000, initial: 0)
            table[place] += 1
            #expect(table[place] == key + 1)
            _ = table.place(of: key, initial: 0)
        }
        #expect(table[table.place(of: -1, initial: 7)] == 7)
    }

    @Test(arguments: [2, 3, 10, 300, 1000])
    func `holds no more than it may`(_ capacity: Int) {
        var table = RecentTable<Number, Int>(capacity: capacity)
        for key in 0..<5000 {
            _ = table.place(of: key, initial: key)
            if key % 50 == 0 { #expect(table.count <= capacity) }
        }
        #expect(table.count <= capacity && table.count > capacity / 4)
    }

    @Test("holds no more bytes than it may", arguments: [4, 64, 1000])
    func bytes(_ capacity: Int) {
        var table = RecentTable<Number, Int>(capacity: capacity, byteLimit: 200_000)
        for turn in 0..<20_000 {
            _ = table.place(of: turn % 999, initial: turn)
            if turn % 100 == 0 { #expect(table.byteCount <= 200_000) }
        }
        #expect(table.byteCount > 0)
    }

    @Test func `a key with more bytes than the table may hold is kept until the next`() {
        var table = RecentTable<Number, Int>(capacity: 8, byteLimit: 10)
        for key in [900, 800, 900] {
            let place = table.place(of: key, initial: key)
            #expect(table[place] == key)
            #expect(table.count <= 2)
        }
    }

    @Test func `what is forgotten at once is little, however much the table holds, and can be let go elsewhere`() {
        var table = RecentTable<Number, Int>(capacity: 1 << 14)
        var (largest, forgottenCount) = (0, 0)
        for key in 0..<60_000 {
            _ = table.place(of: key, initial: key)
            let forgotten = table.takeForgotten()?.count ?? 0
            largest = max(largest, forgotten)
            forgottenCount += forgotten
        }
        #expect(largest <= 128)
        #expect(table.count <= 1 << 14 && table.count + forgottenCount == 60_000)
        #expect(table.takeForgotten() == nil)
    }

    @Test func `answers as two dictionaries do`() {
        var table = RecentTable<Number, Int>(capacity: 16)
        var (young, old): ([Int: Int], [Int: Int]) = ([:], [:])
        for number in 0..<20_000 {
            let key = Int.random(in: 0..<24)
            let place = table.place(of: key, initial: number)
            if young[key] == nil {
                let value = old.removeValue(forKey: key) ?? number
                if young.count == 8 { (young, old) = ([:], young) }
                young[key] = value
            }
            #expect(table[place] == young[key] && table.count == young.count + old.count)
            if Bool.random() {
                table[place] = -number
                young[key] = -number
            }
        }
    }
}
