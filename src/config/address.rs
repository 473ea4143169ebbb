//! Numeric addresses, in their canonical spelling.
//!
//! `core::net` could do the same, but its parsers and formatters are four times as large, and each byte ships in every
//! plugin although few people configure an address. A test compares the two.
//!
//! The reading is strict, because allow-lists and policies compare text: an address that two programs read
//! differently lets one of them check a server and the other connect to another one.

use alloc::{format, string::String};

use crate::text_search::{contains, hex, split_once};

/// Reads four decimal numbers from 0 to 255. A leading zero is rejected: some resolvers read it as octal.
pub(super) fn version_4(text: &str) -> Option<[u8; 4]> {
    let mut parts = text.as_bytes().split(|byte| *byte == b'.');
    let mut address = [0; 4];
    for number in &mut address {
        *number = decimal(parts.next()?)?;
    }
    parts.next().is_none().then_some(address)
}

fn decimal(digits: &[u8]) -> Option<u8> {
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with(b"0")) {
        return None;
    }
    digits.iter().try_fold(0_u8, |number, byte| {
        let digit = byte.is_ascii_digit().then_some(byte & 0xF)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Reads eight hexadecimal groups, of which `::` may leave out some that are 0 and a version 4 address may
/// write the last two.
pub(super) fn version_6(text: &str) -> Option<[u16; 8]> {
    let (mut address, mut tail) = ([0; 8], [0; 8]);
    let Some((front, back)) = split_once(text, "::") else {
        return (groups(text, &mut address)? == 8).then_some(address);
    };
    // A version 4 address may stand only at the end, so not before a gap.
    let before = if contains(front, ".") { return None } else { groups(front, &mut address)? };
    let after = groups(back, &mut tail)?;
    // A gap leaves out one group at least.
    let gap = 8_usize.checked_sub(before)?.checked_sub(after).filter(|gap| *gap > 0)?;
    for (group, value) in address.iter_mut().skip(before.saturating_add(gap)).zip(tail) {
        *group = value;
    }
    Some(address)
}

/// Reads groups between colons. Returns their number.
fn groups(text: &str, into: &mut [u16; 8]) -> Option<usize> {
    if text.is_empty() {
        return Some(0);
    }
    let mut read = 0_usize;
    let mut rest = Some(text);
    while let Some(part) = rest {
        let (group, after) =
            split_once(part, ":").map_or((part, None), |(group, after)| (group, Some(after)));
        rest = after;
        if rest.is_none() && contains(group, ".") {
            let [a, b, c, d] = version_4(group)?;
            let second = read.saturating_add(1);
            *into.get_mut(read)? = u16::from_be_bytes([a, b]);
            *into.get_mut(second)? = u16::from_be_bytes([c, d]);
            return Some(second.saturating_add(1));
        }
        // More than four digits would be a number beyond 16 bits, which some readers cut off.
        let digits = (1..=4).contains(&group.len()).then_some(group.len())?;
        *into.get_mut(read)? = hex(group.as_bytes(), 0, digits)? as u16;
        read = read.saturating_add(1);
    }
    Some(read)
}

/// The spelling of RFC 5952: lower case, and the first of the longest runs of zeros left out.
pub(super) fn canonical(address: &[u16; 8]) -> String {
    if let [0, 0, 0, 0, 0, 0xFFFF, high, low] = *address {
        let [a, b, c, d] = [high >> 8, high & 0xFF, low >> 8, low & 0xFF].map(u32::from);
        // RFC 5952 recommends the dotted form for a mapped address, and `core::net` writes it too.
        return format!("::ffff:{a}.{b}.{c}.{d}");
    }
    // One group alone is written out.
    let (mut start, mut length) = (address.len(), 1);
    for at in 0..address.len() {
        let zeros = address.iter().skip(at).take_while(|group| **group == 0).count();
        if zeros > length {
            (start, length) = (at, zeros);
        }
    }
    let mut text = String::new();
    for (at, group) in address.iter().enumerate() {
        if at == start {
            text.push_str("::");
        }
        if at < start || at >= start.saturating_add(length) {
            if !text.is_empty() && !text.ends_with(':') {
                text.push(':');
            }
            text.push_str(&format!("{:x}", u64::from(*group)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::{Ipv4Addr, Ipv6Addr};
    use std::string::ToString;

    #[test]
    fn addresses_are_read_and_written_as_the_standard_library_does() {
        let texts = [
            "::",
            "::1",
            "1::",
            "0:0:0:0:0:0:0:1",
            "2001:DB8::1",
            "::ffff:127.0.0.1",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1::8",
            "1:0:0:4:5:0:0:8",
            "1:0:0:0:5:0:0:8",
            "1:2:3:4:5:6:1.2.3.4",
            "64:ff9b::1.2.3.4",
            "0:1:0:1:0:1:0:1",
            "",
            ":",
            ":::",
            "1",
            "1:2",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            "::1::",
            "1.2.3.4::",
            "::1.2.3",
            "::1.2.3.4:5",
            "12345::",
            "g::",
            "::1%lo",
            "1:2:3:4:5:6:7:1.2.3.4",
            ":1:2:3:4:5:6:7:8",
            "1.2.3.4",
            "0.0.0.0",
            "255.255.255.255",
            "256.1.1.1",
            "1.2.3",
            "1.2.3.4.5",
            "01.2.3.4",
            "1..2.3",
            "1.2.3.4 ",
            "+1.2.3.4",
            "::00001",
            "::ffff:0:0",
            "fe80::a:b:c:d",
        ];
        for text in texts {
            let expected = text.parse::<Ipv6Addr>().ok();
            assert_eq!(version_6(text), expected.map(|address| address.segments()), "{text}");
            if let Some(address) = expected {
                assert_eq!(canonical(&address.segments()), address.to_string(), "{text}");
            }
            assert_eq!(
                version_4(text),
                text.parse::<Ipv4Addr>().ok().map(|address| address.octets()),
                "{text}"
            );
        }
    }
}
