//! What is done to an offer before str0m reads it.

/// Leaves out the candidates. As ICE-lite the server learns where the browser is from its checks, and without
/// microphone permission the candidates are mDNS names that mean nothing here.
pub(super) fn without_candidates(offer: &str) -> String {
    let lines = offer
        .lines()
        .filter(|line| !line.starts_with("a=candidate:") && *line != "a=end-of-candidates");
    lines.flat_map(|line| [line, "\r\n"]).collect()
}

/// Media sections in an offer.
pub(super) fn count_sections(offer: &str) -> usize {
    offer.lines().filter(|line| line.starts_with("m=")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_go_and_the_rest_stays() {
        let offer = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=candidate:1 1 udp 2 x.local 5 typ host\r\na=end-of-candidates\r\na=mid:0\r\n";
        assert_eq!(
            without_candidates(offer),
            "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"
        );
        assert_eq!(count_sections(offer), 1);
    }
}
