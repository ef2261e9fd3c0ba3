/// What an envelope is called, in sixteen bytes: most are called by an xid, which then needs no memory of its own.
package enum EnvelopeIdentity: Hashable, Sendable {
    case unset
    case xid(EventIdentifier)
    /// Any other text; never one that is empty or an xid's, so that equal texts are equal identities.
    indirect case other(String)

    package init(_ text: String) {
        var text = text
        let xid = text.withUTF8 { EventIdentifier(unsafe Span(_unsafeElements: $0)) }
        if let xid {
            self = .xid(xid)
        } else {
            self = text.isEmpty ? .unset : .other(text)
        }
    }

    package var text: String {
        switch self {
        case .unset: ""
        case .xid(let xid): xid.text
        case .other(let text): text
        }
    }
}

extension EnvelopeIdentity {
    /// Whether both are the same bytes.
    package static func == (one: Self, other: Self) -> Bool {
        switch (one, other) {
        case (.unset, .unset): true
        case (.xid(let one), .xid(let other)): one == other
        case (.other(let one), .other(let other)): one.hasSameBytes(as: other)
        default: false
        }
    }
}
