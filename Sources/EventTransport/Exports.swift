// Whoever writes a transport needs what buses, envelopes and subscriptions are as well.
@_exported public import EventCore
