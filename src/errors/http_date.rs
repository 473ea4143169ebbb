//! Dates as HTTP writes them, for `Retry-After` and `Date`.
//!
//! Own code, because the crates for it bring time zones and formats that the component does not need. Every client
//! has to read all three forms, since servers still send the two obsolete ones.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "no number read here has more than four digits, so that every product and sum is far below i64::MAX"
)]

/// Days from 1970-01-01 to 0000-03-01, the start of the calendar used below.
const EPOCH_DAYS: i64 = 719_468;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Seconds since 1970 of a date in one of the three forms of RFC 9110, section 5.6.7:
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
/// `None` for anything else, and for years that do not have four digits.
pub fn unix_seconds(text: &str) -> Option<i64> {
    let [weekday, day, month, year, time] = match split(text, b" ,-")? {
        [weekday, day, month, year, time, "GMT"] => [weekday, day, month, year, time],
        [weekday, month, day, time, year, ""] if !year.is_empty() => [weekday, day, month, year, time],
        _ => return None,
    };
    // The name is checked, but not against the date: a wrong weekday does not make the date useless.
    if !WEEKDAYS.iter().any(|day| *day == weekday || day.get(..3) == Some(weekday)) {
        return None;
    }
    let year = match (year.len(), number(year)?) {
        (4, year) => year,
        // The obsolete form. The standard's rule for its century needs a clock, and the sandbox has none.
        (2, year) => year + if year < 70 { 2000 } else { 1900 },
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let day = within(day, 1, 31)?;
    Some(days(year, month, day) * 86_400 + seconds_of_day(time)?)
}

/// Seconds since 1970 of a time in UTC as Google writes it: `2026-04-02T17:03:50.399550Z`.
pub fn rfc3339_seconds(text: &str) -> Option<i64> {
    let [year, month, day, hours, minutes, seconds, _fraction] = split(text.strip_suffix('Z')?, b"-T:.")?;
    let time = within(hours, 0, 23)? * 3600 + within(minutes, 0, 59)? * 60 + within(seconds, 0, 60)?;
    Some(days(number(year)?, within(month, 1, 12)?, within(day, 1, 31)?) * 86_400 + time)
}

fn seconds_of_day(time: &str) -> Option<i64> {
    let [hours, minutes, seconds] = split(time, b":")?;
    // 60 is a leap second.
    Some(within(hours, 0, 23)? * 3600 + within(minutes, 0, 59)? * 60 + within(seconds, 0, 60)?)
}

/// The parts between separators, the rest empty; `None` where there are more than `N`.
fn split<'t, const N: usize>(text: &'t str, separators: &[u8]) -> Option<[&'t str; N]> {
    let mut parts = [""; N];
    fill(text, separators, &mut parts)?;
    Some(parts)
}

fn fill<'t>(mut text: &'t str, separators: &[u8], parts: &mut [&'t str]) -> Option<()> {
    let mut parts = parts.iter_mut();
    while !text.is_empty() {
        let end = text.bytes().position(|byte| separators.contains(&byte)).unwrap_or(text.len());
        let (part, rest) = text.split_at_checked(end)?;
        if !part.is_empty() {
            *parts.next()? = part;
        }
        // Separators are ASCII, so this is between two characters.
        text = rest.get(1..).unwrap_or_default();
    }
    Some(())
}

/// At most four digits.
fn number(digits: &str) -> Option<i64> {
    let valid = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| digits.bytes().fold(0, |value, byte| value * 10 + i64::from(byte - b'0')))
}

fn within(digits: &str, least: i64, most: i64) -> Option<i64> {
    number(digits).filter(|value| (least..=most).contains(value))
}

/// Days since 1970 of a Gregorian date. Years begin in March here, so that the leap day is the last of its year and
/// the lengths of the months follow one formula.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - EPOCH_DAYS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_of_the_standard_are_read() {
        let cases = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ];
        for (text, seconds) in cases {
            assert_eq!(unix_seconds(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn times_of_the_other_standard_are_read_in_utc() {
        for (text, seconds) in [
            ("2026-04-02T17:03:50.399550Z", Some(1_775_149_430)),
            ("1970-01-01T00:00:01Z", Some(1)),
            ("2026-04-02T17:03:50+02:00", None),
            ("2026-13-02T17:03:50Z", None),
            ("2026-04-02Z", None),
            ("", None),
        ] {
            assert_eq!(rfc3339_seconds(text), seconds, "{text}");
        }
    }

    #[test]
    fn text_that_is_no_date_is_rejected() {
        let cases = [
            "",
            "GMT",
            "Zun, 29 Sep 2023 16:26:27 GMT",
            "Fri, 29 Sep 100000 16:26:57 GMT",
            "Fri, 29 Sep 2023 16:26:57 CET",
            "Fri, 29 Sep 2023 16:26:57 GMT GMT",
            "Fri, 32 Sep 2023 16:26:57 GMT",
            "Fri, 29 Sep 2023 24:26:57 GMT",
            "Fri, 29 Sep 2023 16:26 GMT",
            "Fri, 29 Foo 2023 16:26:57 GMT",
            "Fri, 29 Sep 20２3 16:26:57 GMT",
            "2023-09-29T16:26:57Z",
        ];
        for text in cases {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
