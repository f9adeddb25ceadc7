//! Words of an activity: what kind of touch happened, and who began it.

use crate::names::text_enum;

text_enum! {
    /// The kind of a touch that happened.
    pub enum ActivityKind {
        /// A meeting, in person or by video.
        Meeting = "MEETING",
        /// A meeting with both the one who leaves and the one who comes.
        JointMeeting = "JOINT_MEETING",
        /// A telephone call that was answered.
        Call = "CALL",
        /// A message left on a voicemail.
        Voicemail = "VOICEMAIL",
        /// An e-mail.
        Email = "EMAIL",
        /// A letter or card.
        Letter = "LETTER",
        /// A gift, such as ochūgen or oseibo.
        Gift = "GIFT",
        /// A white paper, clipping or book sent.
        ContentSent = "CONTENT_SENT",
        /// An event that the client came to.
        Event = "EVENT",
        /// The visit after a delivery.
        DeliveryReview = "DELIVERY_REVIEW",
    }
}

impl ActivityKind {
    /// Whether our people and the client's were together, so that one can introduce another.
    #[must_use]
    pub const fn is_face_to_face(self) -> bool {
        matches!(
            self,
            Self::Meeting | Self::JointMeeting | Self::Event | Self::DeliveryReview
        )
    }
}

text_enum! {
    /// Who began a touch.
    pub enum StartedBy {
        /// One of the tenant's members.
        Us = "US",
        /// A contact of the client.
        Contact = "CONTACT",
    }
}
