//! Histograms as few bytes: pairs of distance and count, each number in as many bytes as it needs.
//!
//! A bucket of ten seconds with 40 requests takes some 90 bytes this way, where the row of counters
//! takes 3,000. Numbers are LEB128: seven bits a byte, the highest set while more follow.

use gregaria_stats::{Histogram, Precision, Rounded};

/// First byte: the digits of the histogram.
const TWO: u8 = 2;
const THREE: u8 = 3;

/// A histogram as bytes; none for an empty one.
pub fn encode_times(times: &Histogram) -> Vec<u8> {
    if times.is_empty() {
        return Vec::new();
    }
    let mut bytes = vec![match times.precision() {
        Precision::Two => TWO,
        Precision::Three => THREE,
    }];
    push(&mut bytes, whole(times.max_ms() * 1000.0));
    let mut next = 0;
    for (index, count) in times.buckets() {
        push(&mut bytes, (index - next) as u64);
        push(&mut bytes, count);
        next = index + 1;
    }
    bytes
}

/// The histogram that [`encode_times`] has written. `None` for bytes that it never writes.
pub fn decode_times(bytes: &[u8]) -> Option<Histogram> {
    let Some((&precision, mut bytes)) = bytes.split_first() else {
        return Some(Histogram::default());
    };
    let mut times = Histogram::new(match precision {
        TWO => Precision::Two,
        THREE => Precision::Three,
        _ => return None,
    });
    let max_us = take(&mut bytes)?;
    let mut next = 0_usize;
    while !bytes.is_empty() {
        let index = next.checked_add(usize::try_from(take(&mut bytes)?).ok()?)?;
        times.add_bucket(index, count(&mut bytes)?);
        next = index.checked_add(1)?;
    }
    times.raise_max(max_us as f64 / 1000.0);
    Some(times)
}

/// Locust's rounded times as bytes. Whole numbers are kept as distances, any other as it is.
pub(super) fn encode_rounded(rounded: &Rounded) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut last = 0;
    for (time_ms, count) in rounded.iter() {
        let at = whole(time_ms);
        // Zero stands before a number that is no distance: distances are written one too large.
        if (at as f64).to_bits() == time_ms.to_bits() && at >= last {
            push(&mut bytes, at - last + 1);
            last = at;
        } else {
            push(&mut bytes, 0);
            bytes.extend_from_slice(&time_ms.to_le_bytes());
        }
        push(&mut bytes, count);
    }
    bytes
}

/// What [`encode_rounded`] has written. `None` for bytes that it never writes.
pub(super) fn decode_rounded(mut bytes: &[u8]) -> Option<Rounded> {
    let mut rounded = Rounded::default();
    let mut last = 0_u64;
    while !bytes.is_empty() {
        let time_ms = if let Some(distance) = take(&mut bytes)?.checked_sub(1) {
            last = last.checked_add(distance)?;
            last as f64
        } else {
            let (number, rest) = bytes.split_first_chunk()?;
            bytes = rest;
            f64::from_le_bytes(*number)
        };
        rounded.add(time_ms, count(&mut bytes)?);
    }
    Some(rounded)
}

/// A count. One that no run can reach would let sums overflow.
fn count(bytes: &mut &[u8]) -> Option<u64> {
    take(bytes).filter(|count| *count < 1 << 48)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, as wanted"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(precision: Precision) -> Histogram {
        let mut times = Histogram::new(precision);
        for step in 0..500_u32 {
            times.record_many(f64::from(step * step) * 0.37, u64::from(step) + 1);
        }
        times.record_many(7_200_000.0, 1 << 40);
        times
    }

    #[test]
    fn histograms_come_back_as_they_were() {
        for times in [
            Histogram::default(),
            filled(Precision::Two),
            filled(Precision::Three),
        ] {
            let back = decode_times(&encode_times(&times)).unwrap();
            assert!(back.buckets().eq(times.buckets()));
            assert_eq!(back.len(), times.len());
            assert_eq!(back.percentile_ms(1.0), times.percentile_ms(1.0));
        }
    }

    #[test]
    fn forty_requests_take_about_ninety_bytes() {
        let mut times = Histogram::default();
        for step in 0..40_u32 {
            times.record(10.0 + 1.3 * f64::from(step));
        }
        assert!(encode_times(&times).len() <= 90);
    }

    #[test]
    fn rounded_times_come_back_also_those_of_a_rule_of_the_users_own() {
        let mut rounded = Rounded::default();
        for time_ms in [-3.0, 0.0, 1.0, 97.0, 99.5, 120.0, 5_600.0, 71_000.0, 0.25] {
            rounded.add(time_ms, 3);
        }
        let back = decode_rounded(&encode_rounded(&rounded)).unwrap();
        assert!(back.iter().eq(rounded.iter()));
    }

    #[test]
    fn every_cut_and_every_other_byte_is_refused_or_read_without_harm() {
        let whole = encode_times(&filled(Precision::Two));
        for end in 0..whole.len() {
            let _ = decode_times(&whole[..end]);
            let _ = decode_rounded(&whole[..end]);
            let mut other = whole.clone();
            other[end] ^= 0xff;
            let _ = decode_times(&other);
            let _ = decode_rounded(&other);
        }
        assert!(decode_times(&[9, 1]).is_none());
        assert!(decode_times(&[2, 0x80]).is_none());
    }
}
