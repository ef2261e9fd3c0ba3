import EventCore

/// Numbers what is sent on each subject, from 1.
///
/// Subjects that were not used for long start again, which receivers take for a restart.
struct SequenceTable: Sendable {
    static let defaultCapacity = 1 << 16

    private var numbers: RecentTable<Subject, UInt64>

    init(capacity: Int = defaultCapacity) {
        numbers = RecentTable(capacity: capacity)
    }

    mutating func next(for subject: Subject) -> UInt64 {
        numbers.update(subject, initial: 0) { number, _ in
            number += 1
            return number
        }
    }
}
