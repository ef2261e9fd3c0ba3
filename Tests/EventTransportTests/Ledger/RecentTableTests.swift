import Testing

@testable import EventTransport

@Suite struct RecentTableTests {
    @Test func `a key in use is not forgotten, one that is not is`() {
        var table = RecentTable<Int, Int>(capacity: 4)
        table[table.place(of: -1, initial: 7)] += 1
        for key in 0..<100 {
            let place = table.place(of: 1000, initial: 0)
            table[place] += 1
            #expect(table[place] == key + 1)
            _ = table.place(of: key, initial: 0)
        }
        #expect(table[table.place(of: -1, initial: 7)] == 7)
    }

    @Test(arguments: [2, 3, 10])
    func `holds no more than it may`(_ capacity: Int) {
        var table = RecentTable<Int, Int>(capacity: capacity)
        for key in 0..<1000 {
            _ = table.place(of: key, initial: key)
            #expect(table.count <= capacity)
        }
    }

    @Test func `answers as two dictionaries do`() {
        var table = RecentTable<Int, Int>(capacity: 16)
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
