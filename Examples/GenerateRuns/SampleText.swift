/// What people and models write.
enum SampleText {
    static let sentences = [
        "The river is never colder than four degrees, so the pumps run all winter.",
        "Die Wärme kommt aus der Limmat, nicht aus dem Gas.",
        "L'eau du lac chauffe déjà 300 bâtiments – c'est mieux que prévu.",
        "静かな水は深く流れる。",
        "Temps: 3.5 °C → 65 °C, factor ≈ 2.9",
        "Please compare \"before\" & \"after\"; the path is C:\\data\\2026.",
        "Не срочно, но важно 🙂",
        "Looks good to me 👍🏽",
        "Ship it?",
        "",
    ]

    static let words: [String] = sentences.flatMap { $0.split(separator: " ").map { " " + $0 } } + ["\n", "."]
}
