#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The system's way to look a host name up, which blocks.
enum SystemResolver {
    /// The addresses of a host in digits, those of IPv6 in brackets, in the order in which to try them.
    static func addresses(of host: String, ipv6: Bool) -> Result<[String], ResolutionFailure> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = ipv6 ? AF_UNSPEC : AF_INET
        #if canImport(Glibc)
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        unsafe hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        let systemError = errno
        guard code == 0 else { return .failure(failure(code, systemError)) }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [String] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe text(of: entry.pointee), !addresses.contains(address) { addresses.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return addresses.isEmpty ? .failure(ResolutionFailure(reason: "no address")) : .success(addresses)
    }

    private static func text(of entry: addrinfo) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let size = socklen_t(buffer.count)
        let code = unsafe getnameinfo(entry.ai_addr, entry.ai_addrlen, &buffer, size, nil, 0, NI_NUMERICHOST)
        guard code == 0 else { return nil }
        let text = String(endingWithZero: buffer)
        return unsafe entry.ai_family == AF_INET6 ? "[\(text)]" : text
    }

    private static func failure(_ code: Int32, _ systemError: Int32) -> ResolutionFailure {
        guard code != EAI_SYSTEM else { return ResolutionFailure(systemError: systemError) }
        return ResolutionFailure(reason: unsafe String(cString: gai_strerror(code)))
    }
}
