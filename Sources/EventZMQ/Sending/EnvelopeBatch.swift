import EventCore
import Synchronization

/// Small envelopes on one subject that leave together, as one message of the compact form.
///
/// It is filled under the lock of the outbox. Once it is with libzmq nobody changes it: threads of libzmq read it, and the
/// last of them lets go of it when every peer has it, or has dropped it.
@safe final class EnvelopeBatch: @unchecked Sendable {
    // `@unchecked Sendable`: it is changed only by who holds the lock of the outbox, and no more when others have it.

    /// How many envelopes are in batches that have not left yet, of all batches of a bus.
    final class UnderWay: Sendable {
        // Only a bound, by which nothing else is read: relaxed is enough.
        private let count = Atomic<Int>(0)

        var envelopeCount: Int { count.load(ordering: .relaxed) }

        fileprivate func add(_ difference: Int) { count.add(difference, ordering: .relaxed) }
    }

    /// How many bytes a batch has at most.
    ///
    /// Of frames longer than 8 KB libzmq makes no copy, and a system call moves more of them at once; longer ones than this gain
    /// little more.
    static let byteCapacity = 65_536
    static let envelopeCapacity = 512
    /// How long an envelope in a batch may be, with its subject: as long as it is one frame on its own.
    static let greatestEnvelope = ZMQBusConfiguration.maximumMessageSizes.lowerBound

    let subject: Subject
    private let underWay: UnderWay
    private var memory: UnsafeMutablePointer<UInt8>
    private var envelopeCount = 0
    private var byteCount = 0

    init(of subject: Subject, _ underWay: UnderWay) {
        (self.subject, self.underWay) = (subject, underWay)
        unsafe memory = .allocate(capacity: Self.byteCapacity)
    }

    deinit {
        unsafe memory.deallocate()
        underWay.add(-envelopeCount)
    }

    /// The frame, in memory that is there as long as the batch is.
    var frame: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: memory, count: byteCount) }

    /// Adds an envelope to those of its subject, if there is room; in a new batch there is.
    ///
    /// - Parameters:
    ///   - frame: Its frame up to the payload, not longer than ``greatestEnvelope`` with that.
    ///   - start: Where its fields begin, the number being the first.
    ///   - payload: Its payload.
    ///   - number: Its number.
    /// - Returns: Whether there was room.
    func append(_ frame: Span<UInt8>, fieldsAt start: Int, _ payload: Span<UInt8>, number: UInt64) -> Bool {
        let isFirst = envelopeCount == 0
        let head = isFirst ? frame : frame.extracting(start...)
        guard envelopeCount < Self.envelopeCapacity, head.count + payload.count <= Self.byteCapacity - byteCount else {
            return false
        }
        let place = byteCount + (isFirst ? start : 0) + CompactForm.offsetOfNumber
        append(head)
        append(payload)
        unsafe UnsafeMutableRawPointer(memory).storeBytes(of: number.bigEndian, toByteOffset: place, as: UInt64.self)
        envelopeCount += 1
        underWay.add(1)
        return true
    }

    /// Nothing more is added: it keeps no more memory than it needs, for it may wait for a long time.
    func seal() {
        guard byteCount < Self.byteCapacity / 2 else { return }
        let exact = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCount)
        unsafe exact.initialize(from: memory, count: byteCount)
        unsafe memory.deallocate()
        unsafe memory = exact
    }

    private func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (memory + byteCount).update(from: start, count: source.count)
        }
        byteCount += bytes.count
    }
}
