import EventCore

/// Publishes the envelopes that lines of input hold.
struct LinePublisher: Sendable {
    let bus: any Bus
    let diagnostics: Diagnostics
    /// Awaited before the first envelope is published.
    var preparation: @Sendable (Envelope) async throws -> Void = { _ in }

    /// Publishes every line; one that holds no envelope, or one that the bus refuses, is reported by its number.
    ///
    /// Each batch is decoded whole before any of it is published: its envelopes then follow one another so closely that
    /// a subscriber wakes once for many of them.
    ///
    /// - Parameter lines: The input.
    /// - Throws: When the input cannot be read, the bus is closed, the task is cancelled, or the preparation throws.
    func publish(_ lines: inout LineReader) async throws {
        var isPrepared = false
        while let batch = try await lines.nextBatch() {
            for (place, envelope) in await decode(batch, of: lines) {
                if !isPrepared { try await preparation(envelope) }
                isPrepared = true
                do {
                    try await bus.publish(envelope)
                } catch let error as EventError where error != .busClosed {
                    await diagnostics.report("\(place): \(error)", .data)
                }
                TerminationSignals.noteProgress()
            }
        }
    }

    /// The envelopes of the lines that hold one, each with its place; a malformed line is reported.
    private func decode(_ lines: [Line], of file: LineReader) async -> [(place: String, envelope: Envelope)] {
        var envelopes: [(String, Envelope)] = []
        for line in lines {
            let place = "\(file.name):\(line.number)"
            do {
                if let envelope = try line.envelope(file.limits) { envelopes.append((place, envelope)) }
            } catch {
                await diagnostics.report("\(place): \(error)", .data)
            }
        }
        return envelopes
    }
}
