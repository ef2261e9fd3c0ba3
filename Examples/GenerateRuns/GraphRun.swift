import EventCore

/// One run of a graph of model calls: its nodes start, stream tokens, call tools, fail now and then, and complete.
struct GraphRun {
    let id: String
    let graph: String
    let tenant: String
    let question: String
    let languages: [String]

    static let samples = [
        GraphRun(
            id: "r1041",
            graph: "research",
            tenant: "acme",
            question: "Which cities of Europe heat with river water?",
            languages: ["de", "en", "fr"]
        ),
        GraphRun(
            id: "r1042",
            graph: "translation",
            tenant: "日本電機",
            question: "「静かな水」 ⟶ de/en",
            languages: ["ja", "de", "en"]
        ),
    ]

    /// Everything the run publishes.
    func script(random: SeededGenerator) throws -> Script {
        let headers = [
            Envelope.HeaderKey.runID: id, Envelope.HeaderKey.graphID: graph, Envelope.HeaderKey.tenant: tenant,
        ]
        var script = Script(source: "planner", headers: headers, random: random)
        let start = RunStarted(
            graph: graph,
            input: .init(question: question, languages: languages),
            limits: .init(tokens: 20_000, seconds: 300)
        )
        try script.emit(["graph", "run", id, "start"], start, after: 1...40)

        let nodes = ["plan", "search", "read-1", "read-2", "read-3", "outline", "draft", "check", "review", "publish"]
        var tokens = 0
        for node in nodes {
            script.beginSpan()
            var attempt = 1
            while script.random.happens(percent: 15) {
                try emitFailure(of: node, attempt: attempt, to: &script)
                attempt += 1
            }
            tokens += try emitSuccess(of: node, attempt: attempt, to: &script)
        }

        script.beginSpan()
        let cost = Double(tokens * 3) / 10_000
        let end = RunEnded(status: "succeeded", nodes: nodes.count, tokens: tokens, cost: cost)
        try script.emit(["graph", "run", id, "end"], end, after: 5...30)
        return script
    }

    private func emitFailure(of node: String, attempt: Int, to script: inout Script) throws {
        try emit("start", of: node, NodeStarted(attempt: attempt, model: "large-2"), to: &script, after: 2...20)
        let failure = NodeFailed(
            code: script.random.pick(["rate_limited", "timeout", "bad_gateway"]),
            message: "The model's answer \"\(node)\" never came:\n\tgave up.",
            attempt: attempt,
            retryAfter: Double(script.random.number(in: 1...40)) / 8
        )
        try emit("error", of: node, failure, to: &script, after: 100...900)
    }

    /// - Returns: How many tokens the node produced.
    private func emitSuccess(of node: String, attempt: Int, to script: inout Script) throws -> Int {
        try emit("start", of: node, NodeStarted(attempt: attempt, model: "large-2"), to: &script, after: 2...20)
        let count = script.random.number(in: 60...160)
        for index in 0..<count {
            if script.random.happens(percent: 6) {
                try emit("tool_call", of: node, toolCall(index, &script.random), to: &script, after: 20...120)
            }
            let token = Token(index: index, text: script.random.pick(SampleText.words))
            try emit("token", of: node, token, to: &script, after: 4...60)
        }
        let complete = NodeCompleted(
            output: .init(summary: script.random.pick(SampleText.sentences), score: Double(count) / 256),
            usage: .init(promptTokens: script.random.number(in: 200...4000), completionTokens: count),
            finishReason: "stop"
        )
        try emit("complete", of: node, complete, to: &script, after: 3...25)
        return count
    }

    private func toolCall(_ index: Int, _ random: inout SeededGenerator) -> ToolCall {
        ToolCall(
            callID: "call_\(index)",
            tool: random.pick(["web.search", "web.fetch", "files.read", "calculator"]),
            arguments: .init(
                query: random.pick(SampleText.sentences),
                limits: [random.number(in: 1...10), random.number(in: 100...5000)],
                filters: [["lang": random.pick(languages)], ["site": "example.org/a?b=c&d"]]
            )
        )
    }

    private func emit(
        _ event: String,
        of node: String,
        _ payload: some Encodable,
        to script: inout Script,
        after delay: ClosedRange<Int>
    ) throws {
        let headers = [Envelope.HeaderKey.nodeID: node, Envelope.HeaderKey.actorID: "worker-\(node.prefix(4))"]
        try script.emit(["graph", "run", id, "node", node, event], payload, headers: headers, after: delay)
    }
}
