//! How an identity is written: with the ten fields that it had from the first format on. The trace came later and shares the
//! last of them with the origin, because who is a map run's child has no trace of its own. So what was written before is read
//! as it is, and nothing else is longer by it.

use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Identity, StartedBy, Via, Workflow};
use crate::core::Origin;
use crate::json::Json;

/// The last field in bytes: what an `Option` of an origin is, with another variant behind it. Append.
#[derive(Serialize, Deserialize)]
enum Beginning<O, T> {
    Unknown,
    MapRun(O),
    Traced(T),
}

/// The last field in JSON, where variants have no numbers: nothing, an origin, or the header by its name.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Told<O, T> {
    Unknown,
    MapRun(O),
    Traced { trace_header: T },
}

#[derive(Deserialize)]
#[serde(rename = "Identity")]
struct Written {
    arn: Arc<str>,
    machine_arn: Arc<str>,
    workflow: Workflow,
    via: Via,
    role_arn: Arc<str>,
    started_ms: i64,
    input: Json,
    seed: u64,
    started_by: Option<StartedBy>,
    #[serde(deserialize_with = "beginning")]
    origin: Beginning<Origin, Arc<str>>,
}

fn beginning<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Beginning<Origin, Arc<str>>, D::Error> {
    if !deserializer.is_human_readable() {
        return Beginning::deserialize(deserializer);
    }
    let told: Told<Origin, Arc<str>> = Told::deserialize(deserializer)?;
    Ok(match told {
        Told::Unknown => Beginning::Unknown,
        Told::MapRun(origin) => Beginning::MapRun(origin),
        Told::Traced { trace_header } => Beginning::Traced(trace_header),
    })
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let (origin, trace_header) = match written.origin {
            Beginning::Unknown => (None, None),
            Beginning::MapRun(origin) => (Some(origin), None),
            Beginning::Traced(header) => (None, Some(header)),
        };
        Ok(Self {
            arn: written.arn,
            machine_arn: written.machine_arn,
            workflow: written.workflow,
            via: written.via,
            role_arn: written.role_arn,
            started_ms: written.started_ms,
            input: written.input,
            seed: written.seed,
            started_by: written.started_by,
            origin,
            trace_header,
        })
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_told = serializer.is_human_readable();
        let mut fields = serializer.serialize_struct("Identity", 10)?;
        fields.serialize_field("arn", &self.arn)?;
        fields.serialize_field("machine_arn", &self.machine_arn)?;
        fields.serialize_field("workflow", &self.workflow)?;
        fields.serialize_field("via", &self.via)?;
        fields.serialize_field("role_arn", &self.role_arn)?;
        fields.serialize_field("started_ms", &self.started_ms)?;
        fields.serialize_field("input", &self.input)?;
        fields.serialize_field("seed", &self.seed)?;
        fields.serialize_field("started_by", &self.started_by)?;
        let (origin, trace) = (self.origin.as_ref(), self.trace_header.as_deref());
        if is_told {
            let told = match (origin, trace) {
                (Some(origin), _) => Told::MapRun(origin),
                (None, Some(trace_header)) => Told::Traced { trace_header },
                (None, None) => Told::Unknown,
            };
            fields.serialize_field("origin", &told)?;
        } else {
            let written = match (origin, trace) {
                (Some(origin), _) => Beginning::MapRun(origin),
                (None, Some(trace)) => Beginning::Traced(trace),
                (None, None) => Beginning::Unknown,
            };
            fields.serialize_field("origin", &written)?;
        }
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::ExecutionId;
    use crate::core::map_run::RunId;

    /// An identity as formats 3 and 4 had it.
    #[derive(Serialize, Deserialize)]
    struct OfFormat4 {
        arn: Arc<str>,
        machine_arn: Arc<str>,
        workflow: Workflow,
        via: Via,
        role_arn: Arc<str>,
        started_ms: i64,
        input: Json,
        seed: u64,
        started_by: Option<StartedBy>,
        origin: Option<Origin>,
    }

    fn origin() -> Origin {
        Origin {
            parent: ExecutionId(3),
            run: RunId(4),
            run_arn: "run".into(),
            machine_arn: "m/L".into(),
            index: 5,
            start: 6,
            express: true,
            attempt: 7,
        }
    }

    fn both(origin: Option<Origin>) -> (OfFormat4, Identity) {
        let before = OfFormat4 {
            arn: "a".into(),
            machine_arn: "m".into(),
            workflow: Workflow::Express,
            via: Via {
                version: Some(2),
                alias: Some("live".into()),
            },
            role_arn: "r".into(),
            started_ms: 1_000,
            input: Json::trusted("[1.50]"),
            seed: u64::MAX,
            started_by: None,
            origin,
        };
        let now = Identity {
            arn: "a".into(),
            machine_arn: "m".into(),
            workflow: Workflow::Express,
            via: before.via.clone(),
            role_arn: "r".into(),
            started_ms: 1_000,
            input: Json::trusted("[1.50]"),
            seed: u64::MAX,
            started_by: None,
            origin: before.origin.clone(),
            trace_header: None,
        };
        (before, now)
    }

    #[test]
    fn one_without_a_trace_is_written_as_it_was_before_there_were_any() {
        for origin in [None, Some(origin())] {
            let (before, now) = both(origin);
            let bytes = postcard::to_stdvec(&before).expect("written");
            assert_eq!(postcard::to_stdvec(&now).expect("written"), bytes);
            assert_eq!(postcard::from_bytes::<Identity>(&bytes), Ok(now.clone()));
            let text = serde_json::to_value(&before).expect("written");
            assert_eq!(serde_json::to_value(&now).expect("written"), text);
            let read: Identity = serde_json::from_value(text).expect("read");
            assert_eq!(read, now);
        }
    }

    #[test]
    fn a_trace_is_kept_in_bytes_and_in_json() {
        let (_, mut now) = both(None);
        now.trace_header = Some("Root=1-2-3".into());
        // What follows it in a frame is still found.
        let bytes = postcard::to_stdvec(&(&now, 7_u32)).expect("written");
        let read = postcard::from_bytes::<(Identity, u32)>(&bytes);
        assert_eq!(read, Ok((now.clone(), 7)));
        assert!(
            postcard::from_bytes::<OfFormat4>(&bytes).is_err(),
            "an older program does not take it for something else"
        );
        let text = serde_json::to_value(&now).expect("written");
        assert_eq!(text["origin"]["trace_header"], "Root=1-2-3");
        let read: Identity = serde_json::from_value(text).expect("read");
        assert_eq!(read, now);
    }
}
