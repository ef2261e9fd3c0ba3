import Foundation

/// A refusal of the operating system.
struct SystemError: Error, Equatable, CustomStringConvertible {
    /// What was refused, usually the name of a file.
    let subject: String
    /// The value of `errno`.
    let code: Int32

    init(_ subject: String, _ code: Int32) {
        self.subject = subject
        self.code = code
    }

    var description: String { "\(subject): \(unsafe String(cString: strerror(code)))" }
}
