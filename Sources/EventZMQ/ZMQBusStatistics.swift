public import EventCore

/// What a ``ZMQBus`` has counted since it was opened.
public typealias ZMQBusStatistics = LinkStatistics
