//! Numbers, as JSON writes them.

/// The powers of ten that f64 holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// A number: digits of its significand, and the power of ten that they are multiplied with.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    negative: bool,
    digits: u64,
    exponent: i32,
    /// There were more digits than fit.
    cut: bool,
}

impl Number {
    /// Reads a number in JSON's grammar, with white space around it or none.
    ///
    /// Not `str::parse::<f64>`, whose exact rounding brings tables of 10 KB into the component: counts and prices
    /// have few digits, and for those this is exact as well (see [`Number::as_f64`]).
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim_ascii().as_bytes();
        let mut number = Self { negative: took(&mut rest, b'-'), digits: 0, exponent: 0, cut: false };
        // JSON allows no digit after a leading 0.
        if !took(&mut rest, b'0') {
            digits(&mut rest, &mut |digit| number.push(digit, 0))?;
        }
        if took(&mut rest, b'.') {
            digits(&mut rest, &mut |digit| number.push(digit, 1))?;
        }
        if took(&mut rest, b'e') || took(&mut rest, b'E') {
            let sign = if took(&mut rest, b'-') { -1 } else { 1 };
            if sign == 1 {
                took(&mut rest, b'+');
            }
            let mut written = 0_i32;
            digits(&mut rest, &mut |digit| {
                written = written.saturating_mul(10).saturating_add(i32::from(digit));
            })?;
            number.exponent = number.exponent.saturating_add(written.saturating_mul(sign));
        }
        rest.is_empty().then_some(number)
    }

    /// Digits that do not fit only raise the exponent: a price with 30 digits is still a price.
    fn push(&mut self, digit: u8, after_point: i32) {
        let longer = self.digits.checked_mul(10).and_then(|digits| digits.checked_add(u64::from(digit)));
        match longer.filter(|_| !self.cut) {
            Some(digits) => {
                self.digits = digits;
                self.exponent = self.exponent.saturating_sub(after_point);
            }
            None => {
                self.cut = true;
                self.exponent = self.exponent.saturating_add(1).saturating_sub(after_point);
            }
        }
    }

    /// The number; `None` where it is beyond the range of f64. With at most 15 digits and an exponent within
    /// ±22 it is the nearest f64, and so it is for every count and price; beyond, it may be one off.
    pub fn as_f64(self) -> Option<f64> {
        let mut value = self.digits as f64;
        let mut exponent = self.exponent.unsigned_abs();
        while exponent > 0 && value != 0.0 && value.is_finite() {
            // In steps, since only powers up to 10^22 are exact in f64.
            let step = exponent.min(22);
            let power = POWERS.get(step as usize)?;
            value = if self.exponent < 0 { value / power } else { value * power };
            exponent = exponent.saturating_sub(step);
        }
        value.is_finite().then_some(if self.negative { -value } else { value })
    }

    /// The number, if it is whole, not negative and written without a fraction or an exponent.
    pub fn as_u64(self) -> Option<u64> {
        (!self.negative && !self.cut && self.exponent == 0).then_some(self.digits)
    }
}

/// Takes this byte, if it is the next.
fn took(rest: &mut &[u8], byte: u8) -> bool {
    let after = rest.strip_prefix(&[byte]);
    *rest = after.unwrap_or(rest);
    after.is_some()
}

/// Passes each digit to `each`; there must be at least one.
fn digits(rest: &mut &[u8], each: &mut dyn FnMut(u8)) -> Option<()> {
    let before = rest.len();
    while let Some((digit @ b'0'..=b'9', after)) = rest.split_first() {
        // The low half of an ASCII digit is its value.
        each(digit & 0xF);
        *rest = after;
    }
    (rest.len() < before).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_number_is_the_nearest_float() {
        for text in [
            "0",
            "-0",
            "1",
            "-1",
            "0.1",
            "1.25",
            "200000",
            "131072.0",
            "1e3",
            "1E+3",
            "1.5e-3",
            "0.0000001",
            "123456789012345",
            "9007199254740993",
            "1e22",
            "1e-22",
            "4.35",
            "0.15",
            "2.7e-5",
            " 7 ",
            "18446744073709551615",
            "1e300",
            "1e-300",
        ] {
            let expected: f64 = text.trim().parse().unwrap();
            let value = Number::parse(text).unwrap().as_f64().unwrap();
            let off = (value - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
            assert!(off < 1e-14, "{text}: {value} is not {expected}");
            if text.len() < 20 && !text.contains("300") {
                assert_eq!(value.to_bits(), expected.to_bits(), "{text}");
            }
        }
    }

    #[test]
    fn every_price_and_count_comes_back_as_it_was() {
        for whole in 0..3_000_u32 {
            for (scale, power) in POWERS.iter().take(8).enumerate() {
                let text = std::format!("{:.scale$}", f64::from(whole) / power);
                let value = Number::parse(&text).unwrap().as_f64().unwrap();
                assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_number_or_beyond_the_range_is_nothing() {
        for text in [
            "", "-", "+1", ".5", "1.", "01", "0x1", "NaN", "inf", "-inf", "1e", "1 2", "\"1\"", "[1]", "true",
        ] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
        for text in ["1e999", "-1e309", "1e2147483648", "1e99999999999999999999"] {
            assert_eq!(Number::parse(text).unwrap().as_f64(), None, "{text}");
        }
        let long = "1".repeat(400);
        assert_eq!(Number::parse(&long).unwrap().as_f64(), None);
        let tiny = Number::parse("1e-99999999999").unwrap().as_f64();
        assert_eq!(tiny, Some(0.0));
        assert_eq!(Number::parse("0e999").unwrap().as_f64(), Some(0.0));
    }

    #[test]
    fn whole_numbers_keep_all_their_digits() {
        for whole in [0, 7, u64::MAX] {
            assert_eq!(Number::parse(&whole.to_string()).unwrap().as_u64(), Some(whole));
        }
        for text in ["18446744073709551616", "-1", "1.0", "1e3"] {
            assert_eq!(Number::parse(text).unwrap().as_u64(), None, "{text}");
        }
    }
}
