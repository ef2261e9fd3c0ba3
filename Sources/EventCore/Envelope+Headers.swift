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
}
