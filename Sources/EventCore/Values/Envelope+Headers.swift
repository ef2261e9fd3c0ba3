extension Envelope {
    /// The names of headers that have a property of their own.
    public enum HeaderKey {
        /// The run an event belongs to.
        public static let runID = "run_id"
        /// The node of a graph.
        public static let nodeID = "node_id"
        /// Who or what caused it.
        public static let actorID = "actor_id"
        /// The graph that runs.
        public static let graphID = "graph_id"
        /// Whose data it is.
        public static let tenant = "tenant"
    }

    /// The header ``HeaderKey/runID``.
    public var runID: String? {
        get { headers[HeaderKey.runID] }
        set { headers[HeaderKey.runID] = newValue }
    }

    /// The header ``HeaderKey/nodeID``.
    public var nodeID: String? {
        get { headers[HeaderKey.nodeID] }
        set { headers[HeaderKey.nodeID] = newValue }
    }

    /// The header ``HeaderKey/actorID``.
    public var actorID: String? {
        get { headers[HeaderKey.actorID] }
        set { headers[HeaderKey.actorID] = newValue }
    }

    /// The header ``HeaderKey/graphID``.
    public var graphID: String? {
        get { headers[HeaderKey.graphID] }
        set { headers[HeaderKey.graphID] = newValue }
    }

    /// The header ``HeaderKey/tenant``.
    public var tenant: String? {
        get { headers[HeaderKey.tenant] }
        set { headers[HeaderKey.tenant] = newValue }
    }

    // MARK: By bytes

    /// The header of exactly this name, byte for byte.
    ///
    /// - Parameter name: The name.
    /// - Returns: Its value, or `nil` when there is none.
    public func header(named name: String) -> String? {
        storage.fields.headerFields[name]
    }

    /// Sets the header of exactly this name and leaves those that only look the same.
    ///
    /// - Parameters:
    ///   - value: Its value; `nil` removes it.
    ///   - name: The name.
    /// - Complexity: O(*n*) in the number of headers.
    public mutating func setHeader(_ value: String?, named name: String) {
        mutableFields.headerFields[name] = value
    }

    /// Every header, sorted by the bytes of the names, also those for which ``headers`` has no room.
    public var allHeaders: [(name: String, value: String)] { storage.fields.headerFields.members }
}
