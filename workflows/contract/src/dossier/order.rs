//! The words of number orders and ports: types, statuses and steps. Which step is legal when, and for which
//! [party](crate::request::Party), the crate `compliance` says.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order above.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
        }
    };
}

words!(
    /// The type of a number in its country's numbering plan.
    NumberType {
        /// Belongs to an area.
        Local,
        /// Belongs to the country and to no area: corporate networks, Internet telephony.
        National,
        /// Of a mobile network.
        Mobile,
        /// The called party pays.
        TollFree,
        /// Caller and called party share the price.
        SharedCost,
    }
);
words!(
    /// What is wanted with a number.
    NumberAction {
        /// A new one.
        Order,
        /// Bring it from another provider.
        PortIn,
        /// Let it go to another provider.
        PortOut,
    }
);
words!(
    /// Where a port-in order stands. Its numbers have statuses of their own.
    OrderStatus {
        /// Being written.
        Draft,
        /// The numbers' portability is being asked.
        CheckingPortability,
        /// None of its numbers can be ported. Final.
        NotPortable,
        /// Replaced by an order for each country, type and carrier. Final.
        Split,
        /// Requirements are known, the dossier is being filled.
        Collecting,
        /// The dossier is compliant; the letter of authorisation is drafted.
        LetterDrafted,
        /// The letter waits to be signed.
        WaitingForSignature,
        /// Our operator looks it over.
        InternalReview,
        /// On its way to the carrier.
        Submitted,
        /// The donor looks it over.
        DonorReview,
        /// The donor has refused it, with codes.
        Rejected,
        /// The customer mends what was refused.
        Correction,
        /// The donor proposes a date (firm order commitment, FOC).
        FocProposed,
        /// The date is agreed.
        FocConfirmed,
        /// Routes are made and tried before the cut-over.
        PreCutoverTest,
        /// So near to the cut-over that nothing can be cancelled.
        SyncWindow,
        /// Numbers are being switched over.
        Activating,
        /// Test calls are made.
        Verifying,
        /// Every number has its final status.
        Ported,
        /// A number ported in error can still go back.
        SnapbackWindow,
        /// Done. Final.
        Closed,
        /// Cancelling was asked of the carrier.
        CancelPending,
        /// Cancelled. Final.
        Cancelled,
        /// Nobody signed or answered in time. Final.
        Expired,
    }
);
words!(
    /// A step of a port-in order.
    OrderStep {
        /// Ask whether the numbers can be ported.
        CheckPortability,
        /// At least one can, and all belong into one order.
        FindPortable,
        /// None can.
        FindNotPortable,
        /// They do not belong into one order.
        SplitUp,
        /// The dossier is evaluated as compliant.
        CompleteRequirements,
        /// Send the letter of authorisation to be signed.
        SendForSignature,
        /// Sign, or upload the signed letter.
        Sign,
        /// The letter's time is up.
        ExpireSignature,
        /// Our review passes.
        ApproveReview,
        /// Our review finds something to mend.
        ReturnForCorrection,
        /// The carrier has taken the order.
        AcceptSubmission,
        /// The donor does not answer: asked again through the carrier.
        Escalate,
        /// The donor refuses.
        Reject,
        /// Begin to mend what was refused.
        BeginCorrection,
        /// Submit again, under a new external id.
        Resubmit,
        /// The donor proposes a date.
        ProposeFoc,
        /// Agree to the date.
        ConfirmFoc,
        /// Ask for another date.
        ChangeFoc,
        /// The date passed without a cut-over.
        ExpireFoc,
        /// Make the routes and try them.
        BeginTest,
        /// The test failed: back to the agreed date.
        FailTest,
        /// From here on nothing is cancelled.
        Lock,
        /// Switch the numbers over.
        Activate,
        /// Every number is switched or has failed.
        EndActivation,
        /// Test calls are done.
        EndVerification,
        /// Hold the window for what was ported in error.
        OpenSnapback,
        /// Numbers go back.
        SnapBack,
        /// The window is over.
        Close,
        /// Cancel.
        Cancel,
        /// The carrier has cancelled.
        ConfirmCancel,
        /// The carrier cannot cancel any more.
        RefuseCancel,
        /// The customer has not answered in time.
        ExpireSilence,
    }
);
words!(
    /// Where one number of a port-in order stands.
    NumberStatus {
        /// Not asked yet.
        Waiting,
        /// It can be ported.
        Portable,
        /// It cannot. Final.
        NotPortable,
        /// Asked of the donor.
        Submitted,
        /// The donor has refused it.
        Rejected,
        /// The donor has agreed.
        Confirmed,
        /// Being switched over.
        Activating,
        /// Two providers claim it.
        Conflict,
        /// Switched over.
        Active,
        /// A test call has come through. Ported.
        Verified,
        /// Switching or verifying failed.
        Failed,
        /// Back with the old provider. Final.
        SnappedBack,
        /// Taken out of the order. Final.
        Cancelled,
    }
);
words!(
    /// A step of one number.
    NumberStep {
        /// It can be ported.
        FindPortable,
        /// It cannot.
        FindNotPortable,
        /// Ask the donor.
        Submit,
        /// The donor refuses.
        Reject,
        /// The donor agrees.
        Confirm,
        /// Switch it over.
        Activate,
        /// Another provider objects.
        RaiseConflict,
        /// The objection is settled.
        SettleConflict,
        /// It is switched.
        EndActivation,
        /// A test call came through.
        Verify,
        /// It failed.
        Fail,
        /// It goes back.
        SnapBack,
        /// Take it out.
        Cancel,
    }
);
