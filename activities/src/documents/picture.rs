//! As much of a picture as tells whether all of it is there.

/// Widest and highest picture that is taken, in pixels: what programs that show it can hold.
const MAX_SIDE: u32 = 30_000;

fn sides(width: u32, height: u32) -> Result<(), &'static str> {
    if width == 0 || height == 0 {
        return Err("it has no pixels");
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err("it is wider or higher than 30000 pixels");
    }
    Ok(())
}

fn be32(bytes: &[u8]) -> Option<u32> {
    bytes
        .first_chunk::<4>()
        .map(|four| u32::from_be_bytes(*four))
}

fn be16(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk::<2>().map(|two| u16::from_be_bytes(*two))
}

/// Chunk by chunk from IHDR to IEND (PNG specification, section 5).
pub(super) fn png(bytes: &[u8]) -> Result<(), &'static str> {
    const CUT: &str = "it ends too early";
    let mut rest = bytes.get(8..).ok_or(CUT)?;
    let mut first = true;
    let mut has_pixels = false;
    loop {
        let length = be32(rest).ok_or(CUT)? as usize;
        let kind = rest.get(4..8).ok_or(CUT)?;
        let body = rest.get(8..8 + length).ok_or(CUT)?;
        if first {
            if kind != b"IHDR" {
                return Err("it does not begin with its head");
            }
            let width = be32(body).ok_or(CUT)?;
            let height = body.get(4..).and_then(be32).ok_or(CUT)?;
            sides(width, height)?;
        }
        first = false;
        has_pixels |= kind == b"IDAT";
        rest = rest.get(12 + length..).ok_or(CUT)?;
        if kind == b"IEND" {
            return if has_pixels {
                Ok(())
            } else {
                Err("it has no pixels")
            };
        }
    }
}

/// Segment by segment to the pixels, which must have an end (ITU-T T.81, annex B). What cameras put behind the end does not matter.
pub(super) fn jpeg(bytes: &[u8]) -> Result<(), &'static str> {
    const CUT: &str = "it ends too early";
    let mut rest = bytes.get(2..).ok_or(CUT)?;
    let mut has_sides = false;
    loop {
        let marker = match rest {
            [0xFF, 0xFF, ..] => {
                rest = &rest[1..];
                continue;
            }
            [0xFF, marker, ..] => *marker,
            [_, _, ..] => return Err("a part of it is not where it should be"),
            [] | [_] => return Err(CUT),
        };
        rest = &rest[2..];
        // Without a length: TEM and restart markers.
        if marker == 0x01 || (0xD0..=0xD7).contains(&marker) {
            continue;
        }
        if marker == 0xD9 {
            return Err("it has no pixels");
        }
        let length = usize::from(be16(rest).ok_or(CUT)?);
        let body = rest.get(2..length).ok_or(CUT)?;
        // Frames: C0 to CF without DHT, JPG and DAC.
        if (0xC0..=0xCF).contains(&marker) && ![0xC4, 0xC8, 0xCC].contains(&marker) {
            let height = body.get(1..).and_then(be16).ok_or(CUT)?;
            let width = body.get(3..).and_then(be16).ok_or(CUT)?;
            // A height of 0 is told behind the pixels.
            sides(width.into(), u32::from(height).max(1))?;
            has_sides = true;
        }
        rest = rest.get(length..).ok_or(CUT)?;
        if marker == 0xDA {
            let ends = rest.windows(2).any(|pair| pair == [0xFF, 0xD9]);
            return match (has_sides, ends) {
                (false, _) => Err("its size is missing"),
                (true, false) => Err(CUT),
                (true, true) => Ok(()),
            };
        }
    }
}
