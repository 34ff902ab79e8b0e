//! Names as the AWS SDK for Java 2 makes them of those in the services' models; tasks see these: `DBInstanceArn` is `DbInstanceArn`.

/// Every word with a capital and small letters, no matter how the model spells it.
pub(super) fn pascal(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len());
    let mut begins = true;
    for (at, c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            begins = true;
            continue;
        }
        if begins || begins_word(&chars, at) {
            out.push(c.to_ascii_uppercase());
        } else {
            out.push(c.to_ascii_lowercase());
        }
        begins = false;
    }
    out
}

/// Does a word begin here: at a capital after a small letter, at the last capital of several, after a number, at a version?
fn begins_word(chars: &[char], at: usize) -> bool {
    let (Some(c), Some(before)) = (chars.get(at), at.checked_sub(1).and_then(|i| chars.get(i)))
    else {
        return true;
    };
    let next = chars.get(at + 1);
    if is_version(chars, at) || before.is_ascii_digit() && !c.is_ascii_digit() {
        return true;
    }
    if !c.is_ascii_uppercase() {
        return false;
    }
    if before.is_ascii_lowercase() {
        return next.is_some_and(char::is_ascii_alphanumeric);
    }
    before.is_ascii_uppercase()
        && next.is_some_and(char::is_ascii_lowercase)
        && !is_version(chars, at + 1)
}

/// The `v6` of `IPv6`.
fn is_version(chars: &[char], at: usize) -> bool {
    let capital = |back: usize| {
        let found = at.checked_sub(back).and_then(|i| chars.get(i));
        found.is_some_and(|c| !c.is_ascii_lowercase())
    };
    chars.get(at) == Some(&'v')
        && chars.get(at + 1).is_some_and(char::is_ascii_digit)
        && capital(1)
        && capital(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_words_of_the_java_sdk() {
        for (model, told) in [
            ("DBInstanceIdentifier", "DbInstanceIdentifier"),
            ("DBInstances", "DbInstances"),
            ("InvalidDBClusterState", "InvalidDbClusterState"),
            ("VPCZoneIdentifier", "VpcZoneIdentifier"),
            ("InvalidEC2TagException", "InvalidEc2TagException"),
            ("ETag", "ETag"),
            ("SSEKMSKeyId", "SsekmsKeyId"),
            ("IPv6CidrBlock", "IpV6CidrBlock"),
            ("Ipv6CidrBlock", "Ipv6CidrBlock"),
            ("amiLaunchIndex", "AmiLaunchIndex"),
            ("ARN", "Arn"),
            ("IOPS", "Iops"),
        ] {
            assert_eq!(pascal(model), told);
            assert_eq!(pascal(told), told);
        }
    }
}
