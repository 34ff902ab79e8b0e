//! Names that nobody else has.

/// A random UUID, version 4 (RFC 9562, section 5.4), from the thread's own generator: the kernel is not asked for each.
pub(crate) fn name() -> String {
    uuid::Builder::from_random_bytes(rand::random())
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_a_uuid_of_version_4_and_never_the_same() {
        let names: std::collections::BTreeSet<String> = (0..1_000).map(|_| super::name()).collect();
        assert_eq!(names.len(), 1_000);
        let versions = names.iter().map(|name| uuid::Uuid::parse_str(name));
        assert!(
            versions
                .into_iter()
                .all(|uuid| uuid.is_ok_and(|uuid| uuid.get_version_num() == 4
                    && uuid.get_variant() == uuid::Variant::RFC4122))
        );
    }
}
