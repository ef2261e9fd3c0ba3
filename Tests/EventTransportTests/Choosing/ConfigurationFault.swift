import EventTransport

extension EventError {
    /// What is wrong with a configuration; nothing for other errors.
    var fault: String {
        if case .invalidConfiguration(let fault) = self { fault } else { "" }
    }
}
