import Foundation
import IntegrationSupport

/// The sockets of a proxy.
struct ProxyWires {
    private struct End {
        let descriptor: Int32
        /// What came from here and has not gone out at the other end.
        var unsent: ArraySlice<UInt8> = []
    }

    private struct Link {
        var ends: [End]
    }

    private static let chunk = 1 << 16

    private(set) var state = Proxy.State.open
    private var listener: Int32?
    private let port: UInt16
    private let target: UInt16
    private var links: [Link] = []

    init(listener: Int32, port: UInt16, target: UInt16) {
        Loopback.prepare(listener)
        (self.listener, self.port, self.target) = (listener, port, target)
    }

    // MARK: Orders

    mutating func become(_ next: Proxy.State) {
        guard next != state else { return }
        state = next
        switch next {
        case .cut, .ended:
            if let listener { Foundation.close(listener) }
            listener = nil
            for link in links { Self.close(link) }
            links = []
        case .open:
            // Its port was taken by nobody, for it is one of those that the system gives to those who ask for any.
            if listener == nil { listener = try? Loopback.listen(on: port) }
            if let listener { Loopback.prepare(listener) }
        case .frozen: break
        }
    }

    // MARK: Working

    /// Waits until there is something to do, and does it.
    ///
    /// - Returns: Whether something can be read from the other descriptor.
    mutating func work(orOn bell: Int32) -> Bool {
        var polled = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
        if state == .open {
            if let listener { polled.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
            for link in links {
                for side in 0...1 {
                    var events: Int32 = 0
                    if link.ends[side].unsent.isEmpty { events |= Int32(POLLIN) }
                    if !link.ends[1 - side].unsent.isEmpty { events |= Int32(POLLOUT) }
                    polled.append(pollfd(fd: link.ends[side].descriptor, events: Int16(events), revents: 0))
                }
            }
        }
        unsafe poll(&polled, nfds_t(polled.count), -1)
        if state == .open {
            links = links.compactMap(Self.pass)
            if listener != nil, polled[1].revents != 0 { accept() }
        }
        return polled[0].revents != 0
    }

    private mutating func accept() {
        guard let listener else { return }
        let near = Foundation.accept(listener, nil, nil)
        guard near >= 0 else { return }
        guard let far = try? Loopback.connect(to: target) else {
            Foundation.close(near)
            return
        }
        for descriptor in [near, far] { Loopback.prepare(descriptor) }
        links.append(Link(ends: [End(descriptor: near), End(descriptor: far)]))
    }

    /// Moves what can be moved; `nil` when one of the two has closed, and so both are closed.
    private static func pass(_ link: Link) -> Link? {
        var link = link
        for side in 0...1 {
            if link.ends[side].unsent.isEmpty {
                guard let bytes = read(from: link.ends[side].descriptor) else {
                    close(link)
                    return nil
                }
                link.ends[side].unsent = bytes
            }
            guard let count = write(link.ends[side].unsent, to: link.ends[1 - side].descriptor) else {
                close(link)
                return nil
            }
            link.ends[side].unsent.removeFirst(count)
        }
        return link
    }

    private static func close(_ link: Link) {
        for end in link.ends { Foundation.close(end.descriptor) }
    }

    // MARK: Bytes

    /// What there is to read, which may be nothing; `nil` at the end.
    private static func read(from descriptor: Int32) -> ArraySlice<UInt8>? {
        var buffer = [UInt8](repeating: 0, count: chunk)
        let count = unsafe Foundation.read(descriptor, &buffer, buffer.count)
        guard count != 0 else { return nil }
        return count > 0 ? buffer.prefix(count) : mayTryAgain ? [] : nil
    }

    /// How many bytes found room; `nil` when nobody is there.
    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int? {
        guard !bytes.isEmpty else { return 0 }
        let count = unsafe bytes.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress, $0.count) }
        return count >= 0 ? count : mayTryAgain ? 0 : nil
    }

    private static var mayTryAgain: Bool { errno == EAGAIN || errno == EINTR }
}
