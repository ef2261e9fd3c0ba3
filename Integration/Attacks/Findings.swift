/// What an attack has found out itself.
struct Findings: Sendable {
    private(set) var faults: [String] = []
    /// What is worth knowing besides.
    var note: String?

    /// Notes what is wrong unless a condition holds.
    mutating func expect(_ condition: Bool, _ fault: @autoclosure () -> String) {
        if !condition { faults.append(fault()) }
    }
}
