#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes the JSON of an envelope, byte for byte as Go's `encoding/json` writes it.
///
/// Like Go it escapes `<`, `>`, `&` and the line separators U+2028 and U+2029 besides what RFC 8259 demands, so the text
/// can stand inside HTML and the two implementations produce the same bytes.
@usableFromInline
package struct JSONWriter: ~Copyable {
    @usableFromInline private(set) var output: ByteWriter

    @usableFromInline
    @unsafe init(on memory: UnsafeMutableBufferPointer<UInt8>) {
        output = unsafe ByteWriter(on: memory)
    }

    /// Runs `body` with a writer that needs no memory but the stack for up to 1000 bytes.
    @inlinable @inline(__always)
    package static func with<Result, Failure>(
        _ body: (inout JSONWriter) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1000) { memory throws(Failure) in
            var writer = unsafe JSONWriter(on: memory)
            return try body(&writer)
        }
    }

    /// How many bytes have been written.
    package var count: Int { output.count }

    /// Runs `body` on what has been written.
    @inlinable @inline(__always)
    package borrowing func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try output.withBytes(body)
    }

    /// What has been written, which nothing may be appended to any more.
    mutating func takeData() -> Data {
        output.takeData()
    }

    /// Writes text that is JSON as it stands, such as the name of a member with what is around it.
    @inline(__always)
    package mutating func literal(_ json: StaticString) {
        output.append(json)
    }

    package mutating func integer(_ number: UInt64) {
        output.append(decimal: number)
    }

    /// Writes bytes that are JSON already.
    package mutating func raw(_ json: Span<UInt8>) {
        output.append(json)
    }

    package mutating func string(_ text: String) {
        output.append(UInt8(ascii: "\""))
        let written: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
            escape(unsafe Span(_unsafeElements: $0))
        }
        if written == nil { escape(Array(text.utf8).span) }
        output.append(UInt8(ascii: "\""))
    }

    /// Writes an id, without making text of it first where it is an xid.
    package mutating func identity(_ identity: EnvelopeIdentity) {
        switch identity {
        case .unset: string("")
        case .other(let text): string(text)
        case .xid(let xid):
            output.append(UInt8(ascii: "\""))
            output.append(xid)
            output.append(UInt8(ascii: "\""))
        }
    }

    /// Writes a time as RFC 3339 in UTC, with as many fraction digits as it needs.
    package mutating func time(_ time: Timestamp) {
        output.append(UInt8(ascii: "\""))
        output.append(time)
        output.append(UInt8(ascii: "\""))
    }

    // MARK: Escapes

    /// Copies plain text whole, and the stretches between escapes.
    @inline(__always)
    private mutating func escape(_ text: Span<UInt8>) {
        let copied = output.appendPlainBeginning(of: text)
        if copied < text.count { escape(text, from: copied) }
    }

    @inline(never)
    private mutating func escape(_ text: Span<UInt8>, from first: Int) {
        var start = first
        var offset = text.nextToEscape(from: first)
        while offset < text.count {
            let length = lengthToEscape(text, at: offset)
            if length > 0 {
                output.append(text.extracting(start..<offset))
                writeEscape(text, at: offset)
                start = offset + length
            }
            offset = text.nextToEscape(from: offset + max(length, 1))
        }
        output.append(text.extracting(start..<text.count))
    }

    /// How many bytes an escape stands for; 0 when the byte, which may begin a line separator, needs none.
    private func lengthToEscape(_ text: Span<UInt8>, at offset: Int) -> Int {
        guard text[offset] == 0xE2 else { return 1 }
        return text[offset + 1] == 0x80 && text[offset + 2] & 0xFE == 0xA8 ? 3 : 0
    }

    private mutating func writeEscape(_ text: Span<UInt8>, at offset: Int) {
        switch text[offset] {
        case UInt8(ascii: "\""): output.append("\\\"")
        case UInt8(ascii: "\\"): output.append("\\\\")
        case 0x08: output.append("\\b")
        case 0x09: output.append("\\t")
        case 0x0A: output.append("\\n")
        case 0x0C: output.append("\\f")
        case 0x0D: output.append("\\r")
        case 0xE2: output.append(text[offset + 2] == 0xA8 ? "\\u2028" : "\\u2029")
        case let byte:
            output.append("\\u00")
            output.append(hexadecimal: byte >> 4)
            output.append(hexadecimal: byte & 15)
        }
    }
}

extension ByteWriter {
    fileprivate mutating func append(hexadecimal digit: UInt8) {
        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}
