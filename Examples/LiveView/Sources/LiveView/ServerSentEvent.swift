import Hummingbird

/// The text of server-sent events, as the HTML standard has it.
enum ServerSentEvent {
    /// What `onmessage` of an `EventSource` receives.
    static func message(data: some Sequence<UInt8>) -> ByteBuffer {
        var buffer = ByteBuffer()
        write(data, to: &buffer)
        return buffer
    }

    /// What a listener for that name receives.
    static func named(_ name: StaticString, data: some Sequence<UInt8>) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\n")
        write(data, to: &buffer)
        return buffer
    }

    /// What nobody receives; it shows that the connection is alive.
    static func comment(_ text: StaticString) -> ByteBuffer {
        ByteBuffer(string: ": \(text)\n\n")
    }

    /// Every line of the data needs a field of its own; in JSON a line break can only be white space, so nothing of
    /// the value changes when the browser joins them with line feeds.
    private static func write(_ data: some Sequence<UInt8>, to buffer: inout ByteBuffer) {
        buffer.writeString("data: ")
        for byte in data {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                buffer.writeString("\ndata: ")
            } else {
                buffer.writeInteger(byte)
            }
        }
        buffer.writeString("\n\n")
    }
}
