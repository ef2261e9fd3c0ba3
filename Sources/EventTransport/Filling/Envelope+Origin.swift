public import EventCore

extension Envelope {
    /// The envelope as it came from another bus, for a transport to deliver.
    ///
    /// - Parameter origin: The id of the bus that published it, which the transport's `BusLink.peerName(of:)` knows; `nil`
    ///   when a program sent it that is no bus.
    /// - Returns: The envelope with this `origin`.
    public func received(from origin: String?) -> Envelope {
        var fields = fields
        fields.context.origin = origin
        return Envelope(fields)
    }
}
