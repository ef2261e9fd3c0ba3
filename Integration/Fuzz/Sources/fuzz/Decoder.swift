/// A decoder of what strangers send, and what has to hold whatever they send.
struct Decoder: Sendable {
    let name: String
    /// Decodes an input, and ends the process when something does not hold.
    let check: @Sendable ([UInt8]) -> Void

    static let all = [
        envelopeJSON, wireEnvelope, compactEnvelope, ledgerMessage, ledgerAccounts, subscriptionNotice, peerIdentity,
        accessRequest, allowList, certificateFile, subjectAndPattern, traceParent, timestamp,
    ]
}

/// Ends the process, for libFuzzer to keep the input, unless something holds.
func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    guard holds else { fatalError(what()) }
}

/// Ends the process unless something that has been decoded can be had.
func unwrap<Value>(_ value: Value?, _ what: @autoclosure () -> String) -> Value {
    guard let value else { fatalError(what()) }
    return value
}

extension [UInt8] {
    /// The frames that an input stands for: what is between two bytes that mutations keep, and that no UTF-8 has.
    var frames: [[UInt8]] {
        var frames: [[UInt8]] = [[]]
        var offset = 0
        while offset < count {
            if self[offset] == 0xFE, offset + 1 < count, self[offset + 1] == 0xFF {
                frames.append([])
                offset += 2
            } else {
                frames[frames.count - 1].append(self[offset])
                offset += 1
            }
        }
        return frames
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}
