import Foundation

/// A refusal of the operating system.
struct SystemError: Error, Equatable, CustomStringConvertible {
    /// What was refused, usually the name of a file.
    let subject: String
    /// The value of `errno`.
    let code: Int32
    /// What the program ends with when this ends it.
    let status: ExitStatus

    init(_ subject: String, _ code: Int32, status: ExitStatus = .inputOutput) {
        self.subject = subject
        self.code = code
        self.status = status
    }

    var description: String {
        // Only a standard stream can be closed before anyone uses it.
        "\(subject): \(code == EBADF ? "it is closed" : unsafe String(cString: strerror(code)))"
    }
}
