import EventCore

/// A board on which people create, move and discuss cards.
struct KanbanBoard {
    let id: String
    let tenant: String
    let people: [String]

    static let samples = [
        KanbanBoard(id: "b1", tenant: "acme", people: ["lena", "tomás", "ngozi"]),
        KanbanBoard(id: "b2", tenant: "日本電機", people: ["hana", "ren", "ömer", "zoë"]),
    ]

    private static let columns = ["backlog", "todo", "doing", "review", "done"]

    /// Everything that happens on the board.
    func script(random: SeededGenerator) throws -> Script {
        var script = Script(source: "board-service", headers: [Envelope.HeaderKey.tenant: tenant], random: random)
        /// The column of each card.
        var cards: [Int] = []
        for _ in 0..<800 {
            let actor = [Envelope.HeaderKey.actorID: script.random.pick(people)]
            switch script.random.number(in: 1...100) {
            case ...12 where cards.count < 60, _ where cards.isEmpty:
                cards.append(0)
                let payload = cardCreated(&script.random)
                try script.emit(subject(cards.count, "created"), payload, headers: actor, after: 20...150)
            case ...55:
                let card = script.random.number(in: 1...cards.count)
                let payload = cardMoved(from: &cards[card - 1], &script.random)
                try script.emit(subject(card, "moved"), payload, headers: actor, after: 10...120)
            case ...90:
                let card = script.random.number(in: 1...cards.count)
                let payload = cardCommented(&script.random)
                try script.emit(subject(card, "commented"), payload, headers: actor, after: 30...200)
            default:
                try script.emit(["kanban", "board", id, "update"], boardUpdated(cards), headers: actor, after: 1...10)
            }
            if script.random.happens(percent: 5) { script.beginSpan() }
        }
        return script
    }

    private func subject(_ card: Int, _ event: String) -> [String] {
        ["kanban", "board", id, "card", "c\(card)", event]
    }

    private func cardCreated(_ random: inout SeededGenerator) -> CardCreated {
        CardCreated(
            title: random.pick(SampleText.sentences),
            column: Self.columns[0],
            labels: random.happens(percent: 30) ? [] : [random.pick(["bug", "docs", "größer", "緊急"])],
            estimate: random.happens(percent: 20) ? nil : Double(random.number(in: 1...16)) / 2
        )
    }

    /// Moves a card one column on, and now and then back.
    private func cardMoved(from column: inout Int, _ random: inout SeededGenerator) -> CardMoved {
        let from = column
        let step = random.happens(percent: 75) ? 1 : -1
        let last = Self.columns.count - 1
        column = (0...last).contains(from + step) ? from + step : from - step
        return CardMoved(from: Self.columns[from], to: Self.columns[column], position: random.number(in: 0...9))
    }

    private func cardCommented(_ random: inout SeededGenerator) -> CardCommented {
        CardCommented(
            text: random.pick(SampleText.sentences),
            mentions: random.happens(percent: 50) ? [random.pick(people)] : [],
            reactions: random.happens(percent: 25) ? ["👍": random.number(in: 1...5), "❤️": 1] : [:]
        )
    }

    private func boardUpdated(_ cards: [Int]) -> BoardUpdated {
        let counts = Self.columns.indices.map { column in cards.count { $0 == column } }
        return BoardUpdated(
            columns: Dictionary(uniqueKeysWithValues: zip(Self.columns, counts)),
            history: [counts, counts.map { $0 * $0 }],
            workInProgressLimit: 4
        )
    }
}
