#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Memory for the payloads of several envelopes that have come together.
///
/// An object and memory for each of them would be two allocations an envelope, which another thread frees; glibc takes a lock
/// for that. Whoever keeps one payload keeps the others that are here, so it is small.
///
/// Who has made it fills it. What has been appended never changes, and stays as long as the object.
@usableFromInline
@safe package final class PayloadMemory: @unchecked Sendable {
    // `@unchecked Sendable`: only who has made it appends, behind what others read.

    /// How many bytes there are at most.
    ///
    /// For 1009 and more glibc first tidies up all small memory that has been freed (malloc_consolidate), which was a sixth
    /// of the time of a thread that receives.
    package static let greatestCapacity = 960

    @usableFromInline let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private var count = 0

    /// Creates memory for so many bytes, at most ``greatestCapacity``.
    package init(capacity: Int) {
        precondition(capacity <= Self.greatestCapacity)
        unsafe start = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { unsafe start.deallocate() }

    /// Adds a payload, if there is room.
    package func append(_ bytes: Span<UInt8>) -> Payload? {
        guard bytes.count <= capacity - count else { return nil }
        defer { count += bytes.count }
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            unsafe (start + count).initialize(from: first, count: source.count)
        }
        return .part(self, offset: UInt16(count), count: UInt16(bytes.count))
    }

    /// A copy of a part of it as a value of Foundation.
    ///
    /// One that referred to this memory would take itself for its only owner, and write into it.
    fileprivate func data(_ offset: UInt16, _ count: UInt16) -> Data {
        unsafe Data(bytes: start + Int(offset), count: Int(count))
    }
}

/// The bytes of a payload, as a value of Foundation or in memory that several share.
///
/// It has the size of a `Data`, since there is room in that for one bit more.
@usableFromInline
package enum Payload: Sendable {
    case data(Data)
    case part(PayloadMemory, offset: UInt16, count: UInt16)

    /// How many bytes there are.
    @inlinable @inline(__always)
    package var count: Int {
        switch self {
        case .data(let data): data.count
        case .part(_, _, let count): Int(count)
        }
    }

    /// A value of Foundation with the same bytes; a copy of those in memory that several share.
    package var data: Data {
        switch self {
        case .data(let data): data
        case .part(let memory, let offset, let count): memory.data(offset, count)
        }
    }

    /// Runs `body` on the bytes.
    @inlinable @inline(__always)
    package func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch self {
        case .data(let data): return try data.withSpan(body)
        case .part(let memory, let offset, let count):
            // They lie in the memory of an object that is kept at least until `body` has returned.
            defer { withExtendedLifetime(memory) {} }
            return try unsafe body(Span(_unsafeStart: memory.start + Int(offset), count: Int(count)))
        }
    }
}

extension Payload: Equatable {
    @usableFromInline
    package static func == (one: Payload, other: Payload) -> Bool {
        one.withBytes { bytes in other.withBytes { bytes.hasSameBytes(as: $0) } }
    }
}
