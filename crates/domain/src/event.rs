//! What happens here that other systems may want to hear of.

stored_names! {
    /// The kind of an event. Kinds are added, never renamed: others have written them into their programs.
    pub enum EventKind("a kind of event") {
        /// A shopper's cart went back to the buyer's system.
        CartReturned = "cart.returned",
        /// A purchase order is stored and acknowledged.
        OrderReceived = "order.received",
        /// It waits: for something that may come by itself, or for a person.
        OrderHeld = "order.held",
        /// What it waited for has come: it goes on.
        OrderReleased = "order.released",
        /// The order sink has it.
        OrderSubmitted = "order.submitted",
        /// The order sink refused it.
        OrderRejected = "order.rejected",
        /// A person, or a policy that a person set, said no.
        OrderDeclined = "order.declined",
        /// The buyer withdrew it.
        OrderCancelled = "order.cancelled",
        /// The buyer's system took our confirmation.
        OrderConfirmed = "order.confirmed",
        /// A document of ours could not be delivered: a person must look.
        DeliveryFailed = "delivery.failed",
        /// A hold was placed, here or in the ERP.
        HoldPlaced = "hold.placed",
        /// A hold was released or has run out.
        HoldReleased = "hold.released",
        /// A credit limit has changed, here or in the ERP.
        LimitChanged = "limit.changed",
        /// Here and in the ERP a field was changed at once.
        SyncConflict = "sync.conflict",
        /// An ERP tells something that a person has to settle here.
        SyncAttention = "sync.attention",
        /// Something needs a person who may not be looking.
        AlertRaised = "alert.raised",
        /// It does not any more.
        AlertOver = "alert.over",
    }
}
