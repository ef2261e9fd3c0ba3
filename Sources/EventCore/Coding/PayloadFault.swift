#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a value and its JSON form part, in words that show at most a short excerpt of what is secret perhaps.
struct PayloadFault: CustomStringConvertible {
    let description: String

    /// Says why a value has no JSON form.
    init(encoding error: any Error) {
        if case .invalidValue(let value, let context)? = error as? EncodingError {
            let place = Self.text(of: context.codingPath)
            description = "\(place): a value of type \(type(of: value)): \(context.debugDescription.excerpt)"
        } else {
            description = Self.words(for: error)
        }
    }

    /// Says why a payload is not the JSON form of a type.
    init(decoding error: any Error, from payload: Data) {
        do {
            _ = try Envelope.valueRange(of: payload)
        } catch {
            guard case .malformedEnvelope(let fault) = error else { preconditionFailure("a reader throws no \(error)") }
            description = "it is not JSON: \(fault)"
            return
        }
        guard let error = error as? DecodingError else {
            description = Self.words(for: error)
            return
        }
        let path: [any CodingKey]
        let words: String
        switch error {
        case .typeMismatch(let type, let context):
            path = context.codingPath
            words = "expected \(type), found \(Self.kind(of: payload, at: path))"
        case .valueNotFound(let type, let context):
            path = context.codingPath
            words = "expected \(type), found null"
        case .keyNotFound(let key, let context):
            path = context.codingPath
            words = "the key \"\(key.stringValue.excerpt)\" is missing"
        case .dataCorrupted(let context)
        where context.codingPath.isEmpty && context.debugDescription == "The given data was not valid JSON.":
            // Foundation says so of a number that its type has no room for, too, and it is JSON, as was seen above.
            path = []
            words = "a number in it does not fit the type it is decoded as"
        case .dataCorrupted(let context):
            path = context.codingPath
            words = context.debugDescription.excerpt
        @unknown default:
            path = []
            words = Self.words(for: error)
        }
        let offset = Self.offset(of: path, in: payload).map { " at byte \($0)" } ?? ""
        description = "\(Self.text(of: path))\(offset): \(words)"
    }

    private static func words(for error: any Error) -> String {
        "\(type(of: error)): \("\(error)".excerpt)"
    }

    /// A coding path as one writes it: `items[2].price`.
    private static func text(of path: [any CodingKey]) -> String {
        guard !path.isEmpty else { return "the value" }
        // A path is as deep as the payload, which is somebody else's.
        let shown = path.prefix(16)
        let more = shown.count < path.count ? "…" : ""
        return shown.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue.excerpt
            }
        } + more
    }

    private static func kind(of payload: Data, at path: [any CodingKey]) -> String {
        guard let offset = offset(of: path, in: payload) else { return "something else" }
        return switch payload[payload.startIndex + offset] {
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "an array"
        case UInt8(ascii: "\""): "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
        case UInt8(ascii: "n"): "null"
        default: "a number"
        }
    }

    /// Where the value at a coding path begins; `nil` when the path is none of JSON.
    private static func offset(of path: [any CodingKey], in payload: Data) -> Int? {
        try? payload.withSpan { json throws(EventError) in
            try JSONReader.read(json) { reader throws(EventError) in try reader.offset(of: path[...]) }
        }
    }
}

extension JSONReader {
    /// Steps over a value, and finds in it the one that a path leads to; `nil` when there is none.
    fileprivate mutating func offset(of path: ArraySlice<any CodingKey>) throws(EventError) -> Int? {
        guard let key = path.first else { return try value().lowerBound }
        var found: Int?
        switch peek() {
        case UInt8(ascii: "{"):
            try object { reader throws(EventError) in
                if try reader.nameText().hasSameBytes(as: key.stringValue) {
                    found = try reader.offset(of: path.dropFirst())
                } else {
                    _ = try reader.value()
                }
            }
        case UInt8(ascii: "["):
            var index = 0
            try array { reader throws(EventError) in
                if index == key.intValue {
                    found = try reader.offset(of: path.dropFirst())
                } else {
                    _ = try reader.value()
                }
                index += 1
            }
        default: _ = try value()
        }
        return found
    }
}
