import CNATS
import EventCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How to connect: what a bus and a log have in common.
struct NATSConnectionOptions: Sendable {
    var servers: [ServerAddress]
    var name: String?
    var credentials: NATSCredentials?
    var tls: NATSTLS?
    var pingInterval = Duration.seconds(5)
    /// How long a call may wait for the server: to connect, and to take what is written.
    var timeout = Duration.seconds(1)
    /// How long to wait before the next attempt to connect.
    var reconnectWait = Duration.milliseconds(100)
    /// Whether other servers of the cluster are connected to as well, as far as the first one tells of them.
    var discoversServers = true
    /// Whether what is published here comes back to its own subscriptions.
    var hearsItself = false

    init(servers: [ServerAddress]) {
        self.servers = servers
    }

    /// Runs `body` with the options of libnats that these are; reads the secrets.
    ///
    /// - Throws: ``EventError/invalidConfiguration(_:)``, ``EventError/transport(_:)``, and what `body` does.
    func with<Result>(
        observer number: UInt,
        _ body: (OpaquePointer) throws(EventError) -> Result
    ) throws(EventError) -> Result {
        guard NATSResult.library == NATS_OK else { throw NATSResult.failure("open libnats", NATSResult.library) }
        var created: OpaquePointer?
        try unsafe NATSResult.check(natsOptions_Create(&created), "make options")
        guard let options = unsafe created else { throw NATSResult.failure("make options", NATS_NO_MEMORY) }
        defer { unsafe natsOptions_Destroy(options) }
        try unsafe set(options)
        try unsafe setCredentials(options)
        try unsafe setTLS(options)
        for status in unsafe ConnectionObservers.install(number, in: options) {
            try NATSResult.check(status, "set a callback")
        }
        return try unsafe body(options)
    }

    private func set(_ options: OpaquePointer) throws(EventError) {
        let milliseconds = timeout.wholeMilliseconds
        var statuses = unsafe [
            natsOptions_SetTimeout(options, milliseconds),
            // Without it a call waits for a server that stands still for as long as that does.
            natsOptions_SetWriteDeadline(options, milliseconds),
            natsOptions_SetPingInterval(options, pingInterval.wholeMilliseconds),
            natsOptions_SetMaxPingsOut(options, 2),
            natsOptions_SetMaxReconnect(options, -1),
            natsOptions_SetReconnectWait(options, reconnectWait.wholeMilliseconds),
            natsOptions_SetReconnectJitter(options, 50, 50),
            // What it would hold, it sends before others are back, to nobody.
            natsOptions_SetReconnectBufSize(options, 0),
            natsOptions_SetNoEcho(options, !hearsItself),
            natsOptions_SetIgnoreDiscoveredServers(options, !discoversServers),
            // One thread for all subscriptions, so that what they get is in order over all of them.
            natsOptions_UseGlobalMessageDelivery(options, true),
        ]
        if let name { statuses.append(unsafe natsOptions_SetName(options, name)) }
        for status in statuses { try NATSResult.check(status, "set an option") }
        let urls = servers.map { Array($0.url.utf8CString) }
        var pointers: [UnsafePointer<CChar>?] = unsafe []
        for url in urls { unsafe pointers.append(UnsafePointer(strdup(url))) }
        defer { unsafe pointers.forEach { unsafe free(UnsafeMutableRawPointer(mutating: $0)) } }
        let status = unsafe natsOptions_SetServers(options, &pointers, Int32(pointers.count))
        try NATSResult.check(status, "take the servers")
    }

    private func setCredentials(_ options: OpaquePointer) throws(EventError) {
        let status: natsStatus
        switch credentials?.kind {
        case .user(let name, let password):
            status = unsafe natsOptions_SetUserInfo(options, name, try password.read(for: "password"))
        case .token(let token):
            status = unsafe natsOptions_SetToken(options, try token.read(for: "token"))
        case .nkey(let publicKey, let seedFile):
            status = unsafe natsOptions_SetNKeyFromSeed(options, publicKey, seedFile)
        case .file(let path):
            status = unsafe natsOptions_SetUserCredentialsFromFiles(options, path, nil)
        case nil: status = NATS_OK
        }
        try NATSResult.check(status, "take the credentials")
    }

    private func setTLS(_ options: OpaquePointer) throws(EventError) {
        guard let tls else { return }
        // The scheme of a URL alone leaves a connection plain in libnats before 3.13.
        try NATSResult.check(unsafe natsOptions_SetSecure(options, true), "use TLS")
        if let file = tls.authorityFile {
            try NATSResult.check(
                unsafe natsOptions_LoadCATrustedCertificates(options, file),
                "read the certificates in \(file)"
            )
        }
        guard tls.certificateFile != nil || tls.keyFile != nil else { return }
        guard let certificate = tls.certificateFile, let key = tls.keyFile else {
            throw .invalidConfiguration("a client certificate needs its chain and its key")
        }
        try NATSResult.check(
            unsafe natsOptions_LoadCertificatesChain(options, certificate, key),
            "read the certificate in \(certificate)"
        )
    }
}

extension Duration {
    /// In milliseconds, as libnats counts; at least 1.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1000)
        return overflows ? .max : max(1, whole + attoseconds / 1_000_000_000_000_000)
    }
}
