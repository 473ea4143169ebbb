//! Dates as HTTP writes them, for `Retry-After` and `Date`.

/// Days from 1970-01-01 to 0000-03-01, the start of the calendar used below.
const EPOCH_DAYS: i64 = 719_468;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Seconds since 1970 of a date in one of the three forms of RFC 9110, section 5.6.7:
/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
/// `None` for anything else, and for years that do not have four digits.
pub fn unix_seconds(text: &str) -> Option<i64> {
    let mut words = text.split([' ', ',', '-']).filter(|word| !word.is_empty());
    let mut next = || words.next();
    let (weekday, second, third, fourth, fifth, sixth) =
        (next()?, next()?, next()?, next()?, next()?, next());
    if next().is_some() || !WEEKDAYS.iter().any(|day| *day == weekday || day.get(..3) == Some(weekday)) {
        return None;
    }
    let (day, month, year, time) = match sixth {
        Some("GMT") => (second, third, fourth, fifth),
        Some(_) => return None,
        None => (third, second, fifth, fourth),
    };
    let year = match (year.len(), number(year)?) {
        (4, year) => year,
        // The obsolete form; the standard's rule for its century needs a clock, and we have none.
        (2, year) => year + if year < 70 { 2000 } else { 1900 },
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let day = within(number(day)?, 1, 31)?;
    Some(days(year, month, day) * 86_400 + seconds_of_day(time)?)
}

fn seconds_of_day(time: &str) -> Option<i64> {
    let mut parts = time.split(':');
    let hours = within(number(parts.next()?)?, 0, 23)?;
    let minutes = within(number(parts.next()?)?, 0, 59)?;
    let seconds = within(number(parts.next()?)?, 0, 60)?;
    parts.next().is_none().then_some(hours * 3600 + minutes * 60 + seconds)
}

/// At most four digits.
fn number(digits: &str) -> Option<i64> {
    let valid = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| digits.bytes().fold(0, |value, byte| value * 10 + i64::from(byte - b'0')))
}

fn within(value: i64, least: i64, most: i64) -> Option<i64> {
    (least..=most).contains(&value).then_some(value)
}

/// Days since 1970 of a Gregorian date. Years begin in March, so that the leap day is the last of one.
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
    fn what_is_no_date_is_none() {
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
