//! Meetings and attendees, as they are kept and as the API shows them.

use crate::ids::{AttendeeId, JoinToken, MeetingId};
use crate::room::AudioRights;
use crate::time::UnixMs;
use serde::{Deserialize, Serialize};

/// What an attendee may do with one kind of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MediaCapability {
    /// Send and receive.
    SendReceive,
    /// Send only.
    Send,
    /// Receive only.
    Receive,
    /// Neither.
    None,
}

impl MediaCapability {
    /// True if it includes receiving.
    #[must_use]
    pub(crate) const fn receives(self) -> bool {
        matches!(self, Self::SendReceive | Self::Receive)
    }

    /// True if it includes sending.
    #[must_use]
    pub(crate) const fn sends(self) -> bool {
        matches!(self, Self::SendReceive | Self::Send)
    }
}

/// What an attendee may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Capabilities {
    /// With audio.
    pub(crate) audio: MediaCapability,
    /// With video.
    pub(crate) video: MediaCapability,
    /// With screen shares.
    pub(crate) content: MediaCapability,
}

impl Capabilities {
    /// For the room.
    #[must_use]
    pub(crate) const fn audio_rights(self) -> AudioRights {
        AudioRights {
            speak: self.audio.sends(),
            hear: self.audio.receives(),
        }
    }
}

/// An attendee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attendee {
    /// Its id.
    pub(crate) id: AttendeeId,
    /// The application's name for it.
    pub(crate) external_user_id: String,
    /// What lets it in.
    pub(crate) token: JoinToken,
    /// What it may do.
    pub(crate) capabilities: Capabilities,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Tag {
    /// 1 to 128 characters.
    pub(crate) key: String,
    /// Up to 256 characters.
    pub(crate) value: String,
}

/// Largest picture of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum VideoResolution {
    /// No video.
    None,
    /// 1280 x 720.
    HD,
    /// 1920 x 1080.
    #[serde(rename = "FHD")]
    FullHd,
}

/// Largest picture of a screen share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ContentResolution {
    /// No screen shares.
    None,
    /// 1920 x 1080.
    #[serde(rename = "FHD")]
    FullHd,
    /// 3840 x 2160.
    #[serde(rename = "UHD")]
    UltraHd,
}

/// Whether a feature may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum FeatureStatus {
    /// It may.
    Available,
    /// It may not.
    Unavailable,
}

/// MeetingFeatures.Audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AudioFeatures {
    /// Echo reduction by machine learning, which clients may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) echo_reduction: Option<FeatureStatus>,
}

/// MeetingFeatures.Video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VideoFeatures {
    /// Largest picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_resolution: Option<VideoResolution>,
}

/// MeetingFeatures.Content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ContentFeatures {
    /// Largest picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_resolution: Option<ContentResolution>,
}

/// MeetingFeatures.Attendee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttendeeFeatures {
    /// Most attendees, 1 to 250.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_count: Option<u32>,
}

/// What a meeting offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MeetingFeatures {
    /// Sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) audio: Option<AudioFeatures>,
    /// Cameras.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) video: Option<VideoFeatures>,
    /// Screen shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<ContentFeatures>,
    /// Attendees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attendee: Option<AttendeeFeatures>,
}

impl MeetingFeatures {
    /// True if cameras are ruled out.
    #[must_use]
    pub(crate) fn no_video(&self) -> bool {
        self.video.and_then(|v| v.max_resolution) == Some(VideoResolution::None)
    }

    /// True if screen shares are ruled out.
    #[must_use]
    pub(crate) fn no_content(&self) -> bool {
        self.content.and_then(|c| c.max_resolution) == Some(ContentResolution::None)
    }

    /// Most attendees: MaxCount, else 250, or 25 in full HD.
    #[must_use]
    pub(crate) fn max_attendees(&self) -> usize {
        let full_hd = self.video.and_then(|v| v.max_resolution) == Some(VideoResolution::FullHd)
            || self.content.and_then(|c| c.max_resolution) == Some(ContentResolution::UltraHd);
        let default = if full_hd {
            25
        } else {
            crate::limits::MAX_ATTENDEES
        };
        self.attendee
            .and_then(|a| a.max_count)
            .map_or(default, |n| n as usize)
            .min(crate::limits::MAX_ATTENDEES)
    }

    /// What an attendee may do whose request did not say (AttendeeCapabilities in the API reference).
    #[must_use]
    pub(crate) fn default_capabilities(&self) -> Capabilities {
        use MediaCapability::{None, Receive, SendReceive};
        let (video, content) = match (self.no_video(), self.no_content()) {
            (true, true) => (None, None),
            (true, false) => (Receive, SendReceive),
            (false, true) => (SendReceive, None),
            (false, false) => (SendReceive, SendReceive),
        };
        Capabilities {
            audio: SendReceive,
            video,
            content,
        }
    }
}

/// A meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meeting {
    /// Its id.
    pub(crate) id: MeetingId,
    /// ClientRequestToken.
    pub(crate) request_token: String,
    /// The request that made it, without the token, as JSON: a repeated token must ask for the same.
    pub(crate) request: serde_json::Value,
    /// ExternalMeetingId.
    pub(crate) external_meeting_id: String,
    /// MediaRegion.
    pub(crate) media_region: String,
    /// MeetingHostId.
    pub(crate) meeting_host_id: Option<String>,
    /// TenantIds.
    pub(crate) tenant_ids: Vec<String>,
    /// MeetingFeatures.
    pub(crate) features: MeetingFeatures,
    /// Tags.
    pub(crate) tags: Vec<Tag>,
    /// When it was created.
    pub(crate) created_at: UnixMs,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn meeting(request_token: &str) -> Meeting {
        Meeting {
            id: MeetingId::random(),
            request_token: request_token.to_owned(),
            request: serde_json::Value::Null,
            external_meeting_id: "call-1".to_owned(),
            media_region: "us-east-1".to_owned(),
            meeting_host_id: None,
            tenant_ids: Vec::new(),
            features: MeetingFeatures::default(),
            tags: Vec::new(),
            created_at: UnixMs(1_790_000_000_000),
        }
    }

    pub(crate) fn attendee(external_user_id: &str) -> Attendee {
        Attendee {
            id: AttendeeId::random(),
            external_user_id: external_user_id.to_owned(),
            token: JoinToken::random(),
            capabilities: MeetingFeatures::default().default_capabilities(),
        }
    }

    #[test]
    fn capabilities_default_to_what_the_meeting_offers() {
        let features = |video, content| MeetingFeatures {
            video: Some(VideoFeatures {
                max_resolution: video,
            }),
            content: Some(ContentFeatures {
                max_resolution: content,
            }),
            ..MeetingFeatures::default()
        };
        let no_video = features(Some(VideoResolution::None), None).default_capabilities();
        assert_eq!(
            (no_video.video, no_video.content),
            (MediaCapability::Receive, MediaCapability::SendReceive)
        );
        let none = features(Some(VideoResolution::None), Some(ContentResolution::None))
            .default_capabilities();
        assert_eq!(
            (none.audio, none.video, none.content),
            (
                MediaCapability::SendReceive,
                MediaCapability::None,
                MediaCapability::None
            )
        );
    }
}
