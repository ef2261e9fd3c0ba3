import Synchronization

/// Holds values until they are let go.
final class Kept<Value: Sendable>: Sendable {
    private let values: Mutex<[Value]>

    init(_ values: [Value]) {
        self.values = Mutex(values)
    }

    /// Hands the values over and forgets them.
    func takeAll() -> [Value] {
        values.withLock { values in
            defer { values = [] }
            return values
        }
    }
}
