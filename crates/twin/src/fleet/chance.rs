//! What is left to chance on a machine, as a pure function of the seed and of names.
//!
//! Nothing is stored: the same seed, machine and question have the same answer for ever, so that a machine that nobody
//! looked at costs nothing.

/// A number that follows from a seed and names.
pub(crate) fn digest(seed: u64, names: &[&str]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut state = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for name in names {
        for byte in name.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(PRIME);
        }
        state = (state ^ 0xff).wrapping_mul(PRIME);
    }
    scramble(state)
}

/// A number that follows from another one and a position.
pub(crate) fn step(digest: u64, position: i64) -> u64 {
    scramble(digest ^ position.unsigned_abs().wrapping_mul(0xd6e8_feb8_6659_fd93))
}

/// A number from 0 to just below 1.
pub(crate) fn unit(digest: u64) -> f64 {
    let high = u32::try_from(digest >> 32).unwrap_or(u32::MAX);
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

/// A number from `low` to `high`, both included.
pub(crate) fn between(digest: u64, low: i64, high: i64) -> i64 {
    let width = u64::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(1).max(1);
    low.saturating_add(i64::try_from(digest % width).unwrap_or(0))
}

/// One of some choices with weights; the first if there are no weights.
pub(crate) fn weighted<T: Copy>(digest: u64, choices: &[(T, u32)]) -> Option<T> {
    let total: u64 = choices.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut left = digest.checked_rem(total).unwrap_or(0);
    for (choice, weight) in choices {
        if left < u64::from(*weight) {
            return Some(*choice);
        }
        left -= u64::from(*weight);
    }
    choices.first().map(|(choice, _)| *choice)
}

/// A large number as a float: bytes and seconds, where the last digits do not matter.
#[expect(
    clippy::cast_precision_loss,
    reason = "the last digits of bytes and seconds do not matter"
)]
pub(crate) fn float(number: i64) -> f64 {
    number as f64
}

/// A float as a whole number.
#[expect(clippy::cast_possible_truncation, reason = "rounds, and saturates where it must")]
pub(crate) fn whole(number: f64) -> i64 {
    number.round() as i64
}

fn scramble(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_names_have_the_same_number_and_others_do_not() {
        assert_eq!(digest(7, &["i-1", "cpu"]), digest(7, &["i-1", "cpu"]));
        assert_ne!(digest(7, &["i-1", "cpu"]), digest(8, &["i-1", "cpu"]));
        assert_ne!(digest(7, &["i-1c", "pu"]), digest(7, &["i-1", "cpu"]));
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        for at in 0..1000 {
            let number = step(3, at);
            assert!((0.0..1.0).contains(&unit(number)));
            assert!((5..=9).contains(&between(number, 5, 9)));
        }
    }
}
