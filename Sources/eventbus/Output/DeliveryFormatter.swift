import EventCore
import Foundation

/// Prints the deliveries of one subscription, each as one line of output; as JSON, `eventbus pub` reads it.
struct DeliveryFormatter: Sendable {
    /// What every line begins with: the pattern, as the format shows it, or nothing.
    private let prefix: [UInt8]
    private let format: DeliveryFormat

    /// Prints the envelopes alone.
    ///
    /// - Parameter format: The form of the lines.
    init(format: DeliveryFormat) {
        self.format = format
        prefix = []
    }

    /// Prints the pattern with each envelope: before its text, or as the first member of its JSON.
    ///
    /// - Parameters:
    ///   - pattern: The pattern of the subscription.
    ///   - width: The width of the pattern's column in text, in characters as they are printed.
    ///   - format: The form of the lines.
    /// - Throws: When the pattern has no JSON form, which does not happen.
    init(pattern: Pattern, width: Int, format: DeliveryFormat) throws {
        self.format = format
        switch format {
        case .text:
            let text = pattern.rawValue.printable
            prefix = Array((text + String(repeating: " ", count: max(0, width - text.count))).utf8) + Self.gap
        case .json:
            // Unlike the writer of envelopes, Foundation's leaves `>` as it is.
            let json = try JSONEncoder().encode(pattern)
            prefix = Array("{\"pattern\":".utf8) + json + Array(",".utf8)
        }
    }

    /// Appends the line of one delivery, with its newline.
    ///
    /// - Throws: When the payload is no JSON and the format is.
    func write(_ envelope: Envelope, to output: inout [UInt8]) throws(EventError) {
        let start = output.count
        switch format {
        case .text:
            writeText(envelope, to: &output)
            escapeControls(of: &output, from: start)
        case .json:
            let json = try envelope.jsonData()
            output += prefix
            output += prefix.isEmpty ? json : json.dropFirst()
            output.putOnOneLine(from: start)
        }
        output.append(UInt8(ascii: "\n"))
    }

    /// Pattern, time, subject, headers and payload, two spaces apart.
    private func writeText(_ envelope: Envelope, to output: inout [UInt8]) {
        let fields = envelope.fields
        output += prefix
        output += fields.time.rfc3339.utf8
        output += Self.gap
        output += fields.subject.rawValue.utf8

        for (index, header) in envelope.allHeaders.enumerated() {
            output += Self.gap.prefix(index == 0 ? 2 : 1)
            output += header.name.utf8
            output.append(UInt8(ascii: "="))
            output += header.value.utf8
        }
        if let payload = fields.payload {
            output += Self.gap
            output += payload
        }
    }

    private func escapeControls(of output: inout [UInt8], from start: Int) {
        guard Self.needsEscapes(output.span.extracting(start..<output.count)) else { return }
        let text = String(decoding: output[start...], as: UTF8.self)
        output.replaceSubrange(start..., with: text.printable.utf8)
    }

    /// A payload is any bytes, and those that are no text may steer a terminal as well.
    private static func needsEscapes(_ line: Span<UInt8>) -> Bool {
        line.holdsControl || UTF8Validation.firstFault(in: line) != nil
    }

    private static let gap = Array("  ".utf8)
}
