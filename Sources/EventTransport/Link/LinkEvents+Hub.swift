public import EventCore

extension LinkEvents {
    /// Creates the events that a transport sends through a hub.
    ///
    /// - Parameter hub: Where they come from; it may feed any number of these.
    public init(_ hub: LinkEventHub) {
        self.init { hub.stream() }
    }
}
