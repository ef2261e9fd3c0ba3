public import EventCore
public import Tracing

/// What the span of a consumer is a child of; it links to the publisher's span in any case.
@nonexhaustive
public enum ConsumerSpanParent: Sendable, Hashable, CaseIterable {
    /// The task's own context when it has one, else the publisher's span; what the conventions recommend.
    case automatic
    /// The publisher's span; the task's own context is linked.
    case publisher
    /// The task's own context; a new trace begins when there is none.
    case task
}

extension Envelope {
    /// Opens a span around what is done with this envelope.
    ///
    /// ```swift
    /// for await envelope in subscription {
    ///     try await envelope.withConsumerSpan(of: subscription.pattern) { span in … }
    /// }
    /// ```
    ///
    /// The span follows OpenTelemetry's semantic conventions for messaging: kind `consumer`, named `process <pattern>`,
    /// with the attributes of ``MessagingAttribute``. What `operation` throws is recorded.
    ///
    /// - Parameters:
    ///   - pattern: What the subscription listens to; it stands for the subject in the name of the span. Names should have
    ///     few different values, so instead of a pattern that holds an id pass one with `*` in its place.
    ///   - parent: What the span is a child of.
    ///   - tracer: Makes the span; `nil` means the one of the task or the one that the process has bootstrapped.
    ///   - operation: What to do; its task-local context is the span's.
    /// - Returns: What `operation` returns.
    /// - Throws: What `operation` throws.
    public func withConsumerSpan<R>(
        of pattern: Pattern? = nil,
        parent: ConsumerSpanParent = .automatic,
        tracer: (any Tracer)? = nil,
        _ operation: (any Span) async throws -> R
    ) async rethrows -> R {
        let instrument = tracer ?? InstrumentationSystem.instrument
        let publisher = ContextFields(of: self).context(by: instrument)
        let tracer: any Tracer = tracer ?? InstrumentationSystem.tracer
        return try await withSpan(by: tracer, of: pattern, Relations(publisher: publisher, parent: parent), operation)
    }

    private func withSpan<R>(
        by tracer: some Tracer,
        of pattern: Pattern?,
        _ relations: Relations,
        _ operation: (any Span) async throws -> R
    ) async rethrows -> R {
        let name = spanName("process", pattern?.rawValue)
        return try await tracer.withSpan(name, context: relations.parent, ofKind: .consumer) { span in
            for context in relations.links { span.addLink(SpanLink(context: context, attributes: [:])) }
            span.describe(.process, of: self, template: pattern?.rawValue)
            do {
                return try await operation(span)
            } catch {
                span.recordType(of: error)
                throw error
            }
        }
    }

    /// What a span is a child of, and what it links to.
    private struct Relations {
        var parent: ServiceContext
        var links: [ServiceContext]

        init(publisher: ServiceContext, parent: ConsumerSpanParent) {
            let task = ServiceContext.current
            links = publisher.isEmpty ? [] : [publisher]
            if parent == .publisher || parent == .automatic && task == nil {
                self.parent = publisher
                if let task { links.append(task) }
            } else {
                self.parent = task ?? .topLevel
            }
        }
    }
}

extension Subscription {
    /// Handles envelopes one after the other, each in a span of its own, until the subscription ends or the task is
    /// cancelled.
    ///
    /// - Parameters:
    ///   - template: What stands for the subject in the names of the spans, with few different values; `nil` means the
    ///     pattern of the subscription.
    ///   - parent: What each span is a child of.
    ///   - tracer: Makes the spans; `nil` means the one of the task or the one that the process has bootstrapped.
    ///   - handler: What to do with an envelope; its task-local context is that of the span.
    /// - Throws: What `handler` throws, which ends the loop and not the subscription.
    public func withConsumerSpans(
        of template: Pattern? = nil,
        parent: ConsumerSpanParent = .automatic,
        tracer: (any Tracer)? = nil,
        _ handler: (Envelope, any Span) async throws -> Void
    ) async rethrows {
        for await envelope in self {
            try await envelope.withConsumerSpan(of: template ?? pattern, parent: parent, tracer: tracer) { span in
                try await handler(envelope, span)
            }
        }
    }
}
