//! Which bytes of an object a request wants.

use crate::failure::Failure;

/// Reads a `Range` header: where the bytes begin and end (exclusive). None if it asks for all, or for several ranges.
pub(super) fn read(header: &str, length: usize) -> Result<Option<(usize, usize)>, Failure> {
    let Some(range) = header.strip_prefix("bytes=").filter(|range| !range.contains(',')) else {
        return Ok(None);
    };
    let Some((first, last)) = range.split_once('-') else { return Ok(None) };
    let (first, end) = match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1).min(length)),
        (Ok(first), Err(_)) if last.trim().is_empty() => (first, length),
        (Err(_), Ok(count)) if first.trim().is_empty() => {
            if count == 0 {
                return Err(unsatisfiable(length));
            }
            (length.saturating_sub(count), length)
        }
        _ => return Ok(None),
    };
    if first >= length {
        return Err(unsatisfiable(length));
    }
    Ok(Some((first, end)))
}

/// The bytes of one part of an object that came in parts; one that did not is its own first part.
pub(super) fn of_part(
    parts: &[usize],
    number: i64,
    length: usize,
) -> Result<(usize, usize), Failure> {
    let whole = [length];
    let parts = if parts.is_empty() { &whole[..] } else { parts };
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let size = index.and_then(|index| parts.get(index));
    let (Some(index), Some(size)) = (index, size) else {
        return Err(Failure::new(
            "InvalidPartNumber",
            "The requested partnumber is not satisfiable",
        )
        .with_status(416));
    };
    let first = parts.iter().take(index).sum();
    Ok((first, first + size))
}

fn unsatisfiable(length: usize) -> Failure {
    Failure::new("InvalidRange", "The requested range is not satisfiable")
        .with_status(416)
        .with_detail("ActualObjectSize", length.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        for (header, expected) in [
            ("bytes=0-4", Ok(Some((0, 5)))),
            ("bytes=5-", Ok(Some((5, 10)))),
            ("bytes=-3", Ok(Some((7, 10)))),
            ("bytes=-30", Ok(Some((0, 10)))),
            ("bytes=2-200", Ok(Some((2, 10)))),
            ("bytes=10-", Err("InvalidRange")),
            ("bytes=-0", Err("InvalidRange")),
            ("bytes=4-2", Ok(None)),
            ("bytes=0-1,3-4", Ok(None)),
            ("lines=0-1", Ok(None)),
        ] {
            let found = read(header, 10).map_err(|failure| failure.code);
            assert_eq!(found, expected.map_err(str::to_owned), "{header}");
        }
    }

    #[test]
    fn parts_follow_each_other() {
        assert_eq!(of_part(&[5, 3], 2, 8), Ok((5, 8)));
        assert_eq!(of_part(&[], 1, 8), Ok((0, 8)));
        assert!(of_part(&[5, 3], 3, 8).is_err());
        assert!(of_part(&[5, 3], 0, 8).is_err());
    }
}
