//! Moments as people read them, without a clock and without a calendar library: RFC 3339 in UTC.

const DAY_US: i64 = 86_400_000_000;

/// A moment in microseconds since 1970-01-01 UTC, to the second.
pub fn seconds(at_us: i64) -> String {
    let (year, month, day) = date(at_us.div_euclid(DAY_US));
    let second = at_us.rem_euclid(DAY_US) / 1_000_000;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", second / 3_600, second / 60 % 60, second % 60)
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar of every time. A year is taken to begin in
/// March, so that leap days end it.
fn date(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (month_of, day_of) = ((month + 2) % 12 + 1, day - (153 * month + 2) / 5 + 1);
    (era * 400 + year + i64::from(month_of <= 2), month_of, day_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        for (at_s, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59:59 UTC"),
            (1_764_039_602, "2025-11-25 03:00:02 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (-1, "1969-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(seconds(at_s * 1_000_000), expected);
        }
    }
}
