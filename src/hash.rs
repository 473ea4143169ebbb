//! A short stand-in for a long text.

use alloc::string::String;

/// FNV-1a with 64 bits: a few bytes of code, and the same on every machine and in every version.
///
/// For keeping apart texts that nobody chooses to collide. A cache key that collided would cost a cache hit, and an id
/// that did is numbered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hash(u64);

impl Hash {
    /// The hash of a whole text.
    pub fn of(text: &str) -> Self {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// So many of `0-9` and `a-z`; 13 hold all of the hash.
    pub fn code(self, length: usize) -> String {
        let mut rest = self.0;
        let mut code = String::with_capacity(length);
        for _ in 0..length {
            code.push(char::from_digit((rest % 36) as u32, 36).unwrap_or('0'));
            rest /= 36;
        }
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, format};

    #[test]
    fn it_is_the_published_function() {
        // From the authors' table of test vectors.
        for (text, hash) in
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(Hash::of(text), Hash(hash), "{text}");
        }
    }

    #[test]
    fn texts_that_differ_in_a_number_have_different_codes() {
        let codes: BTreeSet<_> = (0..100_000).map(|n| Hash::of(&format!("call_{n}")).code(13)).collect();
        assert_eq!(codes.len(), 100_000);
        assert!(
            codes
                .iter()
                .all(|code| code.len() == 13 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        );
    }
}
