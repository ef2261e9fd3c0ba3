struct RunStarted: Encodable {
    struct Input: Encodable {
        let question: String
        let languages: [String]
    }

    struct Limits: Encodable {
        let tokens: Int
        let seconds: Int
    }

    let graph: String
    let input: Input
    let limits: Limits
}

struct RunEnded: Encodable {
    let status: String
    let nodes: Int
    let tokens: Int
    let cost: Double
}

struct NodeStarted: Encodable {
    let attempt: Int
    let model: String
}

struct Token: Encodable {
    let index: Int
    let text: String
}

struct ToolCall: Encodable {
    struct Arguments: Encodable {
        let query: String
        let limits: [Int]
        let filters: [[String: String]]
    }

    let callID: String
    let tool: String
    let arguments: Arguments
}

struct NodeCompleted: Encodable {
    struct Output: Encodable {
        let summary: String
        let score: Double
    }

    struct Usage: Encodable {
        let promptTokens: Int
        let completionTokens: Int
    }

    let output: Output
    let usage: Usage
    let finishReason: String
}

struct NodeFailed: Encodable {
    let code: String
    let message: String
    let attempt: Int
    let retryAfter: Double
}

struct CardCreated: Encodable {
    let title: String
    let column: String
    let labels: [String]
    /// In days; absent when nobody estimated.
    let estimate: Double?
}

struct CardMoved: Encodable {
    let from: String
    let to: String
    let position: Int
}

struct CardCommented: Encodable {
    let text: String
    let mentions: [String]
    let reactions: [String: Int]
}

struct BoardUpdated: Encodable {
    let columns: [String: Int]
    let history: [[Int]]
    let workInProgressLimit: Int
}
