/// Errors say which envelope they are about, and where in it.
extension EventError {
    /// The same error about an envelope, by its subject and id.
    package func about(_ fields: Envelope.Fields) -> EventError {
        prefixed(with: fields.name)
    }

    /// The same error about an envelope of which no more than the id is known, if that.
    func about(_ identity: EnvelopeIdentity) -> EventError {
        identity == .unset ? self : prefixed(with: "envelope \(identity.text.excerpt)")
    }

    /// The same error in a member of an envelope.
    package func inside(_ member: String) -> EventError {
        prefixed(with: member)
    }

    private func prefixed(with place: String) -> EventError {
        switch self {
        case .malformedEnvelope(let fault): .malformedEnvelope("\(place): \(fault)")
        default: self
        }
    }
}

extension Envelope {
    /// What errors call the envelope: its subject and, where it has one, its id.
    package var name: String { fields.name }
}

extension Envelope.Fields {
    /// What errors call the envelope: its subject and, where it has one, its id.
    package var name: String { id.isEmpty ? "\(subject)" : "\(subject) (\(id.excerpt))" }
}
