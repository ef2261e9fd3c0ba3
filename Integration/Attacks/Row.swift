/// What came of an attack.
struct Row: Sendable {
    let name: String
    /// How many of the honest pair's envelopes did not arrive.
    var lost = 0
    var worstPublish = 0.0
    var worstSubscribe = 0.0
    /// Megabytes of the victim: before, at worst, and after.
    var memory = (before: 0.0, during: 0.0, after: 0.0)
    /// What is worth knowing besides.
    var note: String?
    /// What is wrong.
    var faults: [String] = []
    /// What is wrong with the time that publishing took, which is measured again.
    var stall: String?

    var isSound: Bool { faults.isEmpty && stall == nil }
    var allFaults: [String] { faults + (stall.map { [$0] } ?? []) }
    var verdict: String { (isSound ? "held" : "FAILED") + (note.map { ", \($0)" } ?? "") }
}
