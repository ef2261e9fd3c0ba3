/// Something a ``FaultyBus`` does wrong.
///
/// Left out is what a bus cannot get wrong, because `Subscription` itself sees to it, such as ending at a close.
enum Fault: String, CaseIterable {
    // Announcing and filling
    case announcesTwice, announcesOnlyMatches, announcesLate, announcesWhenClosed
    case leavesFieldsUnset, fillsOneID, fillsAfterPredicates, replacesIDs
    case fillsEpoch, fillsIDWithTime, countsIDs, fillsForEach, fillsOnlyObserved
    case leavesTraceUnset, fillsMakersTrace, remembersTrace, fillsForeignSpans
    // Accounting
    case losesDeliveries, losesDrops, losesDropsOfEnded, reportsRefused, lagsByOne, duplicates
    case losesAdmissions, dropsEmptied, dropsLatest, forgetsFullThatEnded
    case throwsWithoutSubscriptions
    // Order
    case swapsPairs
    // Backpressure
    case dropsOldestAlways, dropsNewestAlways, evictsSilently
    case blockDrops, blockDelaysOthers, blockWaitsForOne, subscribesBehindPublishers, stopsWaitingAtFirstEnd
    case dropNewestWaits, reportsEvictionsLate, cancelsSecondOffer
    case ignoresCancellation, abandonsCancelled, losesCancellations, discardsLastWords, cancelsTaken
    // Matching
    case ignoresCase, ignoresNormalization, matchesPrefixes, starTakesMany, starsTakeAnything, tailTakesNone,
        tailTakesOne
    case tailIgnoresStars, truncatesSubjects, splitsAtSpaces, servesFirstOnly, servesFew
    // Transparency
    case trimsPayloads, truncatesPayloads, emptiesPayloads, losesHeaders, lowercasesSubjects
    case losesNull, losesOpaquePayloads, composesIDs, composesHeaders, clampsTimes, stripsTraceHeaders, losesRepeatedIDs
    // Subscribing
    case remembersRoutes, remembersRoutesElsewhere, subscribesLate, losesConcurrentSubscribes
    case repeatsIDs, numbersIDsByBus, widensPatterns, losesNames, servesNamesOnce
    case ignoresCapacity, replacesZeroByOne, acceptsAnyCapacity, refusesMaximum, countsCapacityEarly,
        countsCapacityLate
    case forgetsUnsubscribing, retainsSubscriptions, retainsPredicates, retainsPredicatesWhenClosed,
        closesBusWithSubscription
    case ignoresPredicates, remembersAnswers, remembersAnswersBriefly, asksTwice, asksUnderLock
    // Groups
    case groupsDeliverToAll, groupsServeFirst, groupsTakeTurns, groupsWaitForOne, groupsSpanPatterns, groupsAreOne
    case groupsIgnorePredicates, groupsHideNames, groupsTakeAnyName, groupsSwapPairs
    case groupsPassWaitersBy, groupsAskFirst, groupsForgetJoiners
    case groupsHandOverSilently, groupsHideUnread, groupsDieOut, groupsForgetEnded,
        groupsHandOverPastClose
    // Closing
    case publishesWhenClosed, subscribesWhenClosed, closesOnce, keepsSubscriptions, discardsBuffers, freesPublishers
    case staysOpenWhenCancelled, forgetsWhatBegins
    case callsBackWhenClosed, abandonsCallbacks, forgetsMatchesWhenClosed, throwsAfterPredicate
    case returnsFromSecondClose, waitsForPredicates, prefersCancellation
    // Observing
    case callsBackUnderLock, callsBackUnderLockLater, beginsUnderLock
    case callsBackLate, callsBackAfterWaking, miscountsDrops, countsOnlyObserved
    case forgetsDropsOfEnded
    case tellsOfRefused, tellsOfLateComers
    case losesBeginnings, tellsBeginningsLate, tellsNoNames, losesEnds, repeatsEnds, confusesEnds, tellsEndsLate

    /// Whether it shows only on a bus without an observer.
    var isSeenOnlyUnobserved: Bool { self == .fillsOnlyObserved || self == .countsOnlyObserved }

    /// The cases of the suite that have to notice.
    var caughtBy: [String] {
        switch self {
        case .announcesTwice: ["publish.announcesOnce"]
        case .announcesOnlyMatches: ["publish.announcesWithoutSubscriptions"]
        case .announcesLate: ["publish.announcesBeforeDeciding"]
        case .announcesWhenClosed: ["publish.isNotAnnouncedWhenClosed"]
        case .leavesFieldsUnset, .fillsOneID: ["publish.fillsUnsetFields"]
        case .fillsAfterPredicates: ["publish.fillsBeforeAnyoneSees"]
        case .replacesIDs: ["transparency.keepsSetFields"]
        case .fillsEpoch, .fillsOnlyObserved: ["publish.fillsUnsetFields"]
        case .fillsIDWithTime: ["publish.fillsOnlyWhatIsUnset"]
        case .countsIDs: ["publish.fillsNoIDTwice"]
        case .fillsForEach: ["publish.fillsForEverybody", "publish.fillsBeforeAnyoneSees"]
        case .leavesTraceUnset: ["publish.fillsTrace"]
        case .fillsMakersTrace, .remembersTrace: ["publish.fillsNoForeignTrace"]
        case .fillsForeignSpans: ["publish.fillsNoPartOfAnotherTrace"]
        case .losesDeliveries: ["publish.accountsForEveryMatch", "observer.missesNothingConcurrently"]
        case .losesDrops:
            [
                "publish.accountsForEveryMatch", "backpressure.dropNewestReportsIncoming", "observer.countsDrops",
                "observer.missesNothingConcurrently",
            ]
        case .losesDropsOfEnded:
            ["publish.accountsForEndedSubscription", "close.reportsWhatWaited", "end.closeFreesPublishers"]
        case .reportsRefused: ["publish.staysSilentAboutRefused"]
        case .losesAdmissions: ["backpressure.blockReportsAdmission"]
        case .dropsEmptied: ["observer.seesWholeEnvelopes"]
        case .dropsLatest: ["backpressure.dropOldestReportsEvicted"]
        case .forgetsFullThatEnded: ["end.closeIsToldBeforeWaiting", "close.accountsForFullSubscriptions"]
        case .lagsByOne:
            [
                "publish.enqueuesBeforeReturning", "backpressure.blockLosesNothing",
                "order.isKeptAmongConcurrentTasks", "order.isKeptWhileWaiting",
            ]
        case .duplicates: ["publish.deliversOnce", "subscribe.sharesAmongConsumers"]
        case .throwsWithoutSubscriptions: ["publish.succeedsWithoutSubscriptions"]
        case .swapsPairs:
            ["order.isKeptPerTask", "order.isKeptAcrossSubjects", "subscribe.servesConsumersInOrder"]
        case .dropsOldestAlways: ["backpressure.dropNewestKeepsOldest", "backpressure.dropsNewestByDefault"]
        case .dropsNewestAlways: ["backpressure.dropOldestKeepsNewest"]
        case .evictsSilently: ["backpressure.dropOldestReportsEvicted", "observer.countsDrops"]
        case .reportsEvictionsLate: ["backpressure.dropOldestReportsEvicted"]
        case .dropNewestWaits: ["backpressure.onlyBlockWaits"]
        case .cancelsSecondOffer: ["backpressure.takesWhenRoomComesMeanwhile"]
        case .blockDrops: ["backpressure.blockWaitsForRoom"]
        case .blockDelaysOthers, .subscribesBehindPublishers: ["backpressure.blockDelaysNobodyElse"]
        case .stopsWaitingAtFirstEnd: ["end.closeLeavesPublishersElsewhere"]
        case .blockWaitsForOne: ["backpressure.blockWaitsForTheLast"]
        case .ignoresCancellation: ["cancellation.stopsWaiting", "cancellation.alreadyCancelledDoesNotWait"]
        case .abandonsCancelled: ["cancellation.leavesRoomForOthers"]
        case .losesCancellations: ["cancellation.isReportedByEachThatMissed"]
        case .cancelsTaken: ["cancellation.leavesWhatWasTaken"]
        case .discardsLastWords: ["cancellation.lastWordsGetOut"]
        case .ignoresCase: ["matching.isCaseSensitive"]
        case .ignoresNormalization: ["matching.comparesBytes"]
        case .matchesPrefixes: ["matching.comparesWholeSegments"]
        case .starTakesMany: ["matching.starIsOneSegment"]
        case .starsTakeAnything: ["matching.starsStandAnywhere"]
        case .tailTakesNone: ["matching.tailIsNeverEmpty"]
        case .tailTakesOne: ["matching.tailIsAnyNumberOfSegments"]
        case .tailIgnoresStars: ["matching.starAndTailCombine"]
        case .truncatesSubjects: ["matching.readsLongSubjects"]
        case .splitsAtSpaces: ["matching.takesUnusualSegments"]
        case .servesFirstOnly: ["matching.servesEveryPattern"]
        case .servesFew: ["publish.servesMany"]
        case .trimsPayloads: ["transparency.keepsPayloadBytes"]
        case .truncatesPayloads: ["transparency.keepsLargePayloads"]
        case .emptiesPayloads: ["transparency.keepsAbsentFields"]
        case .losesHeaders: ["transparency.keepsHeaders"]
        case .lowercasesSubjects: ["transparency.keepsSubject"]
        case .losesNull, .losesOpaquePayloads: ["transparency.keepsPayloadBytes"]
        case .composesIDs, .clampsTimes: ["transparency.keepsSetFields"]
        case .composesHeaders: ["transparency.keepsHeaders"]
        case .stripsTraceHeaders: ["transparency.keepsTraceHeaders"]
        case .losesRepeatedIDs: ["transparency.keepsRepeatedIDs"]
        case .remembersRoutes: ["subscribe.isEffectiveOnReturn"]
        case .remembersRoutesElsewhere: ["subscribe.isEffectiveOnEveryThread"]
        case .subscribesLate: ["subscribe.isEffectiveOnReturn", "subscribe.isEffectiveOnEveryThread"]
        case .losesConcurrentSubscribes: ["subscribe.worksConcurrently"]
        case .repeatsIDs: ["subscribe.givesUniqueIDs", "subscribe.givesIDsUniqueInProcess"]
        case .numbersIDsByBus: ["subscribe.givesIDsUniqueInProcess"]
        case .losesNames: ["subscribe.keepsName"]
        case .servesNamesOnce: ["subscribe.goesByNoName"]
        case .widensPatterns: ["subscribe.keepsPattern"]
        case .ignoresCapacity:
            ["subscribe.keepsCapacity", "subscribe.countsCapacityFromReturn", "backpressure.takesAfterReading"]
        case .replacesZeroByOne: ["subscribe.replacesCapacityZero"]
        case .acceptsAnyCapacity: ["subscribe.refusesExcessiveCapacity"]
        case .refusesMaximum: ["subscribe.acceptsMaximumCapacity"]
        case .countsCapacityEarly: ["subscribe.keepsWhatArrivesBeforeReturn"]
        case .countsCapacityLate: ["subscribe.countsCapacityFromReturn"]
        case .forgetsUnsubscribing:
            [
                "end.closeRemovesSubscription", "end.scopeRemovesSubscription", "end.cancellationRemovesSubscription",
                "end.releaseRemovesSubscription",
            ]
        case .retainsSubscriptions: ["end.releaseRemovesSubscription"]
        case .retainsPredicates, .retainsPredicatesWhenClosed: ["end.releasesPredicate"]
        case .closesBusWithSubscription: ["end.closeFreesPublishers"]
        case .ignoresPredicates: ["predicate.filtersEnvelopes"]
        case .remembersAnswers: ["predicate.filtersEnvelopes", "predicate.runsOnEachPublish"]
        case .remembersAnswersBriefly: ["predicate.filtersEnvelopes", "predicate.runsOnEachPublish"]
        case .asksTwice: ["predicate.runsOnEachPublish"]
        case .asksUnderLock: ["predicate.mayCloseSubscriptions"]
        case .groupsDeliverToAll: ["group.deliversToOne", "group.countsAsOneMatch", "group.dropsWhenAllAreFull"]
        case .groupsServeFirst: ["group.sharesEvenly", "group.passesFullMembersBy"]
        case .groupsTakeTurns:
            [
                "group.sharesEvenly", "group.passesFullMembersBy", "group.handsOverWhenClosed", "group.reportsUnread",
                "group.handsOverWhenReleased", "group.handsOverWhenCancelled", "group.handsOverToFullMembers",
                "group.handsOverToWaitingMembers", "group.handsOverWhatIsWanted",
            ]
        case .groupsWaitForOne: ["group.waitsForAnyMember", "group.freesPublishers"]
        case .groupsSpanPatterns: ["group.isOfOnePattern"]
        case .groupsAreOne: ["group.leavesOthersAlone", "group.isOfOneName"]
        case .groupsIgnorePredicates: ["group.asksPredicates", "group.handsOverWhatIsWanted"]
        case .groupsHideNames: ["group.isTold"]
        case .groupsTakeAnyName: ["group.refusesNames"]
        case .groupsSwapPairs: ["group.lastMemberKeepsBuffer"]
        case .groupsPassWaitersBy: ["group.prefersWhoWaits"]
        case .groupsAskFirst: ["group.asksWhoHasFewest"]
        case .groupsForgetJoiners: ["group.letsNewMembersIn"]
        case .groupsHandOverSilently: ["group.handsOverToFullMembers"]
        case .groupsHideUnread: ["group.reportsUnread"]
        case .groupsHandOverPastClose: ["group.closeWaitsForHandingOver"]
        case .groupsDieOut: ["group.beginsAnew"]
        case .groupsForgetEnded: ["group.accountsForEndedMember"]
        case .publishesWhenClosed: ["close.refusesPublish", "close.closesBeforeReturning"]
        case .subscribesWhenClosed: ["close.refusesSubscribe"]
        case .closesOnce: ["close.isIdempotent", "close.isSafeConcurrently"]
        case .keepsSubscriptions: ["close.endsWaitingConsumers", "close.wakesPublishers", "close.drainsSubscriptions"]
        case .discardsBuffers: ["close.drainsSubscriptions"]
        case .forgetsWhatBegins: ["close.endsWhatBegins"]
        case .staysOpenWhenCancelled: ["close.worksInCancelledTask"]
        case .freesPublishers: ["close.wakesPublishers"]
        case .callsBackWhenClosed: ["close.leavesNothingRunning", "close.silencesFullSubscriptions"]
        case .abandonsCallbacks, .returnsFromSecondClose: ["close.waitsForCallbacks"]
        case .waitsForPredicates: ["close.returnsInsidePredicate"]
        case .prefersCancellation: ["close.refusesPublish"]
        case .forgetsMatchesWhenClosed: ["close.accountsWhenAnnouncingCloses", "close.accountsWhenPredicateCloses"]
        case .throwsAfterPredicate: ["close.accountsWhenPredicateCloses"]
        case .callsBackUnderLock: ["observer.isCalledOutsideLocks", "observer.isToldOfEndsOutsideLocks"]
        case .callsBackUnderLockLater:
            ["observer.isToldOfAdmissionFirst", "observer.isToldOfCancellationFirst", "observer.isToldOfEndFirst"]
        case .beginsUnderLock: ["observer.isToldOfBeginningsOutsideLocks"]
        case .tellsOfRefused, .tellsOfLateComers: ["observer.isToldOfNoneThatIsRefused"]
        case .losesBeginnings, .tellsNoNames: ["observer.isToldOfSubscriptions"]
        case .tellsBeginningsLate: ["observer.isToldOfSubscriptionsFirst", "observer.isToldOfSubscriptions"]
        case .losesEnds, .repeatsEnds, .tellsEndsLate: ["observer.isToldOfEnds", "observer.isToldOfEndsInRaces"]
        case .confusesEnds: ["observer.isToldOfEnds"]
        case .callsBackLate: ["observer.finishesBeforePublishReturns"]
        case .callsBackAfterWaking:
            [
                "observer.isToldOfAdmissionFirst", "observer.isToldOfCancellationFirst", "observer.isToldOfEndFirst",
                "observer.isToldOfCloseFirst",
            ]
        case .miscountsDrops, .forgetsDropsOfEnded: ["observer.countsDrops", "backpressure.countsDrops"]
        case .countsOnlyObserved: ["backpressure.countsDrops"]
        }
    }
}
