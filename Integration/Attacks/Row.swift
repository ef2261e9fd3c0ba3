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
    /// Why it is known and documented that the attack is not held; it fails nobody then.
    var weakness: String?

    var isHeld: Bool { faults.isEmpty && stall == nil }
    var isSound: Bool { isHeld || weakness != nil }
    var allFaults: [String] { faults + (stall.map { [$0] } ?? []) }

    var verdict: String {
        let word = isHeld ? "held" : weakness.map { "NOT HELD, as is known: \($0)" } ?? "FAILED"
        return word + (note.map { ", \($0)" } ?? "")
    }
}
