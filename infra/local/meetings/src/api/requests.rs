//! What requests ask for.

use super::ApiError;
use super::fields::Fields;
use crate::book::model::{
    AttendeeFeatures, AudioFeatures, Capabilities, ContentFeatures, Meeting, MeetingFeatures, Tag,
    VideoFeatures,
};
use crate::hub::NewAttendee;
use crate::ids::{AttendeeId, MeetingId};
use crate::limits;
use crate::time::UnixMs;
use std::collections::{BTreeSet, HashMap};

/// Regions in which the service hosts media (CreateMeeting, MediaRegion).
const MEDIA_REGIONS: &str = "af-south-1, ap-northeast-1, ap-northeast-2, ap-south-1, ap-southeast-1, ap-southeast-2, \
     ca-central-1, eu-central-1, eu-north-1, eu-south-1, eu-west-1, eu-west-2, eu-west-3, sa-east-1, us-east-1, \
     us-east-2, us-west-1, us-west-2, us-gov-east-1, us-gov-west-1";
/// The pattern of external ids in the API reference, in words.
const EXTERNAL_ID_RULE: &str =
    "may have letters, digits, spaces and any of -_&@+=,(){}[]/«».:|'\"#";
/// Attendees on a page, if the request does not say.
const DEFAULT_PAGE: usize = 99;

fn is_external_id(text: &str) -> bool {
    let also = "-_&@+=,(){}[]/«».:|'\"#";
    text.chars().all(|c| {
        c.is_ascii_alphanumeric()
            || c.is_whitespace()
            || ('À'..='ÿ').contains(&c)
            || also.contains(c)
    })
}

fn external_id<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, ApiError> {
    let id = fields.required(name, fields.text_of(name, 2, 64)?)?;
    if id.to_ascii_lowercase().starts_with("aws:") {
        return Err(fields.wrong(name, "must not start with aws:"));
    }
    if is_external_id(id) {
        Ok(id)
    } else {
        Err(fields.wrong(name, EXTERNAL_ID_RULE))
    }
}

/// CreateMeeting.
pub(super) fn meeting(fields: &Fields, now: UnixMs) -> Result<Meeting, ApiError> {
    let token = fields.required(
        "ClientRequestToken",
        fields.text_of("ClientRequestToken", 2, 64)?,
    )?;
    if !token
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    {
        return Err(fields.wrong("ClientRequestToken", "may have letters, digits, - and _"));
    }
    let media_region = fields.required("MediaRegion", fields.text("MediaRegion")?)?;
    if !MEDIA_REGIONS.split(", ").any(|known| known == media_region) {
        return Err(fields.wrong("MediaRegion", &format!("must be one of {MEDIA_REGIONS}")));
    }
    if fields.text("PrimaryMeetingId")?.is_some() {
        return Err(fields.wrong("PrimaryMeetingId", "meetings are not replicated here"));
    }
    fields.object("NotificationsConfiguration")?;
    fields.word::<NetworkType>("MediaPlacementNetworkType", "Ipv4Only, DualStack")?;
    let tenant_ids = fields.texts("TenantIds", 1, 5)?.unwrap_or_default();
    if !tenant_ids
        .iter()
        .all(|id| (2..=256).contains(&id.len()) && !id.contains(char::is_whitespace))
    {
        return Err(fields.wrong(
            "TenantIds",
            "each must have 2 to 256 characters without spaces",
        ));
    }
    Ok(Meeting {
        id: MeetingId::random(),
        request_token: token.to_owned(),
        request: fields.without("ClientRequestToken"),
        external_meeting_id: external_id(fields, "ExternalMeetingId")?.to_owned(),
        media_region: media_region.to_owned(),
        meeting_host_id: fields.text_of("MeetingHostId", 2, 64)?.map(str::to_owned),
        tenant_ids,
        features: features(fields)?,
        tags: tags(fields)?.unwrap_or_default(),
        created_at: now,
    })
}

#[derive(serde::Deserialize)]
enum NetworkType {
    Ipv4Only,
    DualStack,
}

fn features(fields: &Fields) -> Result<MeetingFeatures, ApiError> {
    let Some(wanted) = fields.object("MeetingFeatures")? else {
        return Ok(MeetingFeatures::default());
    };
    let mut features = MeetingFeatures::default();
    if let Some(audio) = wanted.object("Audio")? {
        let echo_reduction = audio.word("EchoReduction", "AVAILABLE, UNAVAILABLE")?;
        features.audio = Some(AudioFeatures { echo_reduction });
    }
    if let Some(video) = wanted.object("Video")? {
        features.video = Some(VideoFeatures {
            max_resolution: video.word("MaxResolution", "None, HD, FHD")?,
        });
    }
    if let Some(content) = wanted.object("Content")? {
        features.content = Some(ContentFeatures {
            max_resolution: content.word("MaxResolution", "None, FHD, UHD")?,
        });
    }
    if let Some(attendee) = wanted.object("Attendee")? {
        let most = u32::try_from(limits::MAX_ATTENDEES).unwrap_or(u32::MAX);
        features.attendee = Some(AttendeeFeatures {
            max_count: attendee.count("MaxCount", 1, most)?,
        });
    }
    Ok(features)
}

/// `Tags`, of CreateMeeting or TagResource.
pub(super) fn tags(fields: &Fields) -> Result<Option<Vec<Tag>>, ApiError> {
    let Some(list) = fields.objects("Tags", 1, limits::MAX_TAGS)? else {
        return Ok(None);
    };
    let tag = |fields: &Fields| {
        let key = fields
            .required("Key", fields.text_of("Key", 1, 128)?)?
            .to_owned();
        let value = fields
            .required("Value", fields.text_of("Value", 0, 256)?)?
            .to_owned();
        Ok(Tag { key, value })
    };
    let tags: Vec<Tag> = list.iter().map(tag).collect::<Result<_, ApiError>>()?;
    let keys: BTreeSet<&str> = tags.iter().map(|t| t.key.as_str()).collect();
    if keys.len() < tags.len() {
        return Err(fields.wrong("Tags", "each Key may be there once"));
    }
    Ok(Some(tags))
}

/// CreateAttendee, or one entry of a batch.
pub(super) fn attendee(fields: &Fields) -> Result<NewAttendee, ApiError> {
    let external_user_id = external_id(fields, "ExternalUserId")?.to_owned();
    let capabilities = fields
        .object("Capabilities")?
        .map(|c| capabilities(&c))
        .transpose()?;
    Ok(NewAttendee {
        external_user_id,
        capabilities,
    })
}

/// `Attendees`, of BatchCreateAttendee or CreateMeetingWithAttendees.
pub(super) fn attendees(fields: &Fields, most: usize) -> Result<Vec<NewAttendee>, ApiError> {
    let list = fields.required("Attendees", fields.objects("Attendees", 1, most)?)?;
    list.iter().map(attendee).collect()
}

/// `Capabilities`, where they must be there.
pub(super) fn required_capabilities(fields: &Fields) -> Result<Capabilities, ApiError> {
    capabilities(&fields.required("Capabilities", fields.object("Capabilities")?)?)
}

fn capabilities(fields: &Fields) -> Result<Capabilities, ApiError> {
    let one = |name| fields.required(name, fields.word(name, "SendReceive, Send, Receive, None")?);
    Ok(Capabilities {
        audio: one("Audio")?,
        video: one("Video")?,
        content: one("Content")?,
    })
}

/// Holds capabilities against the meeting and against one another (AttendeeCapabilities in the API reference).
pub(crate) fn check_capabilities(
    wanted: Capabilities,
    features: &MeetingFeatures,
) -> Result<(), ApiError> {
    use crate::book::model::MediaCapability::None;
    let wrong = |text: &str| Err(ApiError::BadRequest(text.to_owned()));
    if wanted == features.default_capabilities() {
        return Ok(());
    }
    if features.no_video() && wanted.video != None {
        return wrong(
            "Capabilities.Video: must be None in a meeting whose MeetingFeatures.Video.MaxResolution is None",
        );
    }
    if features.no_content() && wanted.content != None {
        return wrong(
            "Capabilities.Content: must be None in a meeting whose MeetingFeatures.Content.MaxResolution is None",
        );
    }
    if wanted.content.receives() && !wanted.video.receives() {
        return wrong(
            "Capabilities.Content: SendReceive or Receive needs Video to be SendReceive or Receive",
        );
    }
    Ok(())
}

/// `ExcludedAttendeeIds`.
pub(super) fn excluded(fields: &Fields) -> Result<BTreeSet<AttendeeId>, ApiError> {
    let name = "ExcludedAttendeeIds";
    let list = fields.required(name, fields.objects(name, 1, limits::MAX_ATTENDEES)?)?;
    let id = |entry: &Fields| {
        let text = entry.required("AttendeeId", entry.text("AttendeeId")?)?;
        AttendeeId::parse(text).ok_or_else(|| entry.wrong("AttendeeId", "must be a UUID"))
    };
    list.iter().map(id).collect()
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) size: usize,
    pub(super) after: Option<AttendeeId>,
}

impl Page {
    pub(super) fn read(query: &HashMap<String, String>) -> Result<Self, ApiError> {
        let size = match query.get("max-results") {
            None => DEFAULT_PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|n| (1..=99).contains(n))
                .ok_or_else(|| {
                    ApiError::BadRequest(
                        "MaxResults: must be a whole number from 1 to 99".to_owned(),
                    )
                })?,
        };
        let after = match query.get("next-token") {
            None => None,
            Some(token) => Some(AttendeeId::parse(token).ok_or_else(|| {
                ApiError::BadRequest(
                    "NextToken: must be one that an earlier answer gave".to_owned(),
                )
            })?),
        };
        Ok(Self { size, after })
    }
}
