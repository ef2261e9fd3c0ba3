import EventCore

extension Pattern {
    /// Whether a subject fits, in the eyes of a bus with a fault.
    ///
    /// The first two segments are the run's own and come through unharmed.
    func matches(_ subject: Subject, with fault: Fault?) -> Bool {
        let (pattern, text) = (rawValue, subject.rawValue)
        let (segments, subjectSegments) = (pattern.split(separator: "."), text.split(separator: "."))
        switch fault {
        case .ignoresCase:
            return pattern.lowercased() == text.lowercased() || matches(subject)
        case .ignoresNormalization:
            return pattern == text || matches(subject)
        case .matchesPrefixes:
            return text.hasPrefix(pattern) || matches(subject)
        case .starTakesMany:
            return matches(subject)
                || (segments.last == "*" && subjectSegments.starts(with: segments.dropLast())
                    && subjectSegments.count >= segments.count)
        case .starsTakeAnything:
            return matches(subject) || segments.count { $0 == "*" } > 1
        case .tailTakesNone:
            return matches(subject) || pattern == text + ".>"
        case .tailTakesOne:
            return matches(subject) && subjectSegments.count == segments.count
        case .tailIgnoresStars:
            return matches(subject) && !(segments.last == ">" && segments.contains("*"))
        case .truncatesSubjects:
            return matches(subject)
                || (text.utf8.count > 200 && text.utf8.prefix(200).elementsEqual(pattern.utf8.prefix(200)))
        case .splitsAtSpaces:
            return matches(subject) && !text.contains(" ")
        default:
            return matches(subject)
        }
    }
}
