//! Numbers as DynamoDB has them: decimal, 38 digits, exact, ordered.

use std::cmp::Ordering;

/// How many significant digits a number may have.
const MOST_DIGITS: usize = 38;

/// A decimal number: digits without zeros at either end, and where the point stands before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    negative: bool,
    /// Empty for zero.
    digits: Vec<u8>,
    /// The value is `0.digits` times ten to this.
    exponent: i32,
}

impl Number {
    /// Reads a number as clients write it, such as `-12.50` or `1E3`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.len() + fraction.len() == 0 || power.abs() > 500 {
            return None;
        }
        let digits: Option<Vec<u8>> = whole
            .bytes()
            .chain(fraction.bytes())
            .map(|byte| byte.is_ascii_digit().then(|| byte - b'0'))
            .collect();
        let point = i32::try_from(whole.len()).ok()?.checked_add(power)?;
        let number = Self::trimmed(negative, digits?, point);
        let fits = number.digits.len() <= MOST_DIGITS && (-129..=126).contains(&number.exponent);
        fits.then_some(number)
    }

    fn trimmed(negative: bool, digits: Vec<u8>, exponent: i32) -> Self {
        let leading = digits.iter().take_while(|digit| **digit == 0).count();
        let mut digits: Vec<u8> = digits.into_iter().skip(leading).collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Self { negative: false, digits, exponent: 0 };
        }
        let moved = i32::try_from(leading).unwrap_or(i32::MAX);
        Self { negative, digits, exponent: exponent.saturating_sub(moved) }
    }

    /// The sum, if it has not too many digits.
    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        let last =
            |number: &Self| number.exponent - i32::try_from(number.digits.len()).unwrap_or(0);
        let scale = last(self).min(last(other));
        let sum = self.scaled(scale)?.checked_add(other.scaled(scale)?)?;
        let text = sum.unsigned_abs().to_string();
        let point = i32::try_from(text.len()).ok()?.checked_add(scale)?;
        let digits = text.bytes().map(|byte| byte - b'0').collect();
        let number = Self::trimmed(sum < 0, digits, point);
        (number.digits.len() <= MOST_DIGITS).then_some(number)
    }

    /// The number with the other sign.
    pub(super) fn negated(&self) -> Self {
        Self { negative: !self.negative && !self.digits.is_empty(), ..self.clone() }
    }

    /// The number in units of ten to `scale`.
    fn scaled(&self, scale: i32) -> Option<i128> {
        let mut value: i128 = 0;
        for digit in &self.digits {
            value = value.checked_mul(10)?.checked_add(i128::from(*digit))?;
        }
        let zeros = self.exponent - i32::try_from(self.digits.len()).ok()? - scale;
        let factor = 10_i128.checked_pow(u32::try_from(zeros.max(0)).ok()?);
        let value = if value == 0 { 0 } else { value.checked_mul(factor?)? };
        Some(if self.negative { -value } else { value })
    }

    /// The number as DynamoDB writes it.
    pub(super) fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let length = i32::try_from(digits.len()).unwrap_or(0);
        if digits.is_empty() {
            return "0".to_owned();
        }
        if self.exponent >= length {
            let zeros = usize::try_from(self.exponent - length).unwrap_or(0);
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        }
        if self.exponent <= 0 {
            let zeros = usize::try_from(-self.exponent).unwrap_or(0);
            return format!("{sign}0.{}{digits}", "0".repeat(zeros));
        }
        let point = usize::try_from(self.exponent).unwrap_or(0);
        let (whole, fraction) = digits.split_at_checked(point).unwrap_or((&digits, ""));
        format!("{sign}{whole}.{fraction}")
    }

    /// A text that sorts as the number does.
    pub(super) fn sortable(&self) -> String {
        if self.digits.is_empty() {
            return "1".to_owned();
        }
        let power = self.exponent + 500;
        if self.negative {
            let digits: String = self.digits.iter().map(|d| char::from(b'9' - d)).collect();
            return format!("0{:04}{digits}~", 9999 - power);
        }
        let digits: String = self.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        format!("2{power:04}{digits}")
    }
}

/// How two numbers as clients write them compare; what is not a number equals nothing.
pub(super) fn compare(one: &str, other: &str) -> Option<Ordering> {
    Some(Number::parse(one)?.sortable().cmp(&Number::parse(other)?.sortable()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_needless_zeros() {
        for (read, written) in [
            ("007.500", "7.5"),
            ("-0", "0"),
            ("1E3", "1000"),
            ("12e-4", "0.0012"),
            ("-12.50", "-12.5"),
        ] {
            assert_eq!(Number::parse(read).unwrap().text(), written, "{read}");
        }
        assert_eq!(Number::parse("1x"), None);
        assert_eq!(Number::parse(""), None);
    }

    #[test]
    fn the_sortable_text_sorts_as_the_numbers_do() {
        let sorted =
            ["-1000", "-12.5", "-12", "-0.001", "0", "0.001", "1", "9", "10", "10.5", "2E3"];
        for pair in sorted.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
        }
        assert_eq!(compare("1.0", "1"), Some(Ordering::Equal));
    }

    #[test]
    fn sums_are_exact() {
        for (one, other, sum) in
            [("0.1", "0.2", "0.3"), ("5", "-5", "0"), ("1E2", "0.01", "100.01"), ("-3", "1", "-2")]
        {
            let (one, other) = (Number::parse(one).unwrap(), Number::parse(other).unwrap());
            assert_eq!(one.plus(&other).unwrap().text(), sum);
        }
    }
}
