//! How items came.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where items came from that are those of several objects: the first item of each object, and the object's URI. In order.
pub type Sources = Vec<(u32, String)>;

/// How items came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// As the elements of an array.
    Elements,
    /// As the pairs of an object: `{"Key": ..., "Value": ...}`.
    Pairs,
    /// As the elements of several objects. Since format 6.
    Loaded(Sources),
}

/// Until format 5 there was a truth value: are they pairs? JSON has it still where it says all there is to say, and Postcard writes
/// the first two kinds as it writes a truth value.
impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let for_people = serializer.is_human_readable();
        match self {
            Self::Elements if for_people => serializer.serialize_bool(false),
            Self::Pairs if for_people => serializer.serialize_bool(true),
            Self::Loaded(sources) if for_people => sources.serialize(serializer),
            Self::Elements => serializer.serialize_unit_variant("Shape", 0, "Elements"),
            Self::Pairs => serializer.serialize_unit_variant("Shape", 1, "Pairs"),
            Self::Loaded(sources) => {
                serializer.serialize_newtype_variant("Shape", 2, "Loaded", sources)
            }
        }
    }
}

/// As Postcard has it.
#[derive(Deserialize)]
enum Packed {
    Elements,
    Pairs,
    Loaded(Sources),
}

/// As JSON has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    ArePairs(bool),
    Loaded(Sources),
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Ok(match Told::deserialize(deserializer)? {
                Told::ArePairs(false) => Self::Elements,
                Told::ArePairs(true) => Self::Pairs,
                Told::Loaded(sources) => Self::Loaded(sources),
            });
        }
        Ok(match Packed::deserialize(deserializer)? {
            Packed::Elements => Self::Elements,
            Packed::Pairs => Self::Pairs,
            Packed::Loaded(sources) => Self::Loaded(sources),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_older_formats_wrote_is_read_and_written_as_it_was() {
        for (shape, pairs) in [(Shape::Elements, false), (Shape::Pairs, true)] {
            let old = postcard::to_stdvec(&pairs).expect("written");
            assert_eq!(postcard::to_stdvec(&shape).expect("written"), old);
            let read: Shape = postcard::from_bytes(&old).expect("read");
            assert_eq!(read, shape);
            let told = serde_json::json!(pairs);
            assert_eq!(serde_json::to_value(&shape).expect("written"), told);
            assert_eq!(serde_json::from_value::<Shape>(told).expect("read"), shape);
        }
    }

    #[test]
    fn sources_are_read_as_they_were_written() {
        let shape = Shape::Loaded(vec![(0, "S3://b/a".into()), (7, "S3://b/c".into())]);
        let packed = postcard::to_stdvec(&shape).expect("written");
        let read: Shape = postcard::from_bytes(&packed).expect("read");
        assert_eq!(read, shape);
        let told = serde_json::to_string(&shape).expect("written");
        assert_eq!(serde_json::from_str::<Shape>(&told).expect("read"), shape);
    }
}
