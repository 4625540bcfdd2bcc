//! Times as people write them: how long ago, a time of day, a date.

use hall::Time;
use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};

/// Units of "so long ago", longest names first, in seconds.
const UNITS: &[(&str, u64)] = &[
    ("시간", 3_600),
    ("초", 1),
    ("분", 60),
    ("일", 86_400),
    ("주", 604_800),
    ("s", 1),
    ("m", 60),
    ("h", 3_600),
    ("d", 86_400),
    ("w", 604_800),
];

/// The time that is meant, as seen from `now`: `90s`, `30m`, `2h`, `3d`, `1w` ago (in Korean `30분`, `2시간`, `3일`); `10:30`,
/// the last time it was that; `today`, `yesterday` (`오늘`, `어제`) or a date (`11-25`, `2026-11-25`), from its beginning or,
/// behind a space or a `T`, from a time of day; or a moment of RFC 3339. Times without an offset are those of the zone.
#[must_use]
pub fn parse(text: &str, now: Time, zone: &TimeZone) -> Option<Time> {
    let text = text.trim();
    if let Some(ago) = ago(text) {
        return Some(Time(now.0.saturating_sub(ago)));
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return u64::try_from(moment.as_millisecond()).ok().map(Time);
    }
    let now = Timestamp::from_millisecond(i64::try_from(now.0).ok()?).ok()?.to_zoned_datetime(zone.clone());
    let behind_digit = |at: &usize| text[..*at].ends_with(|c: char| c.is_ascii_digit());
    let t = text.match_indices('T').map(|(at, _)| at).find(behind_digit);
    let parts = t.map(|at| (&text[..at], &text[at + 1..])).or_else(|| text.split_once(' '));
    let (day, clock) = match parts {
        Some((day, clock)) => (Some(day), Some(clock)),
        None if text.contains(':') => (None, Some(text)),
        None => (Some(text), None),
    };
    let clock = match clock {
        Some(clock) => time_of_day(clock.trim())?,
        None => Clock::midnight(),
    };
    let day = match day {
        Some(day) => date(day, &now)?,
        None if clock > now.time() => now.date().yesterday().ok()?,
        None => now.date(),
    };
    let moment = DateTime::from_parts(day, clock).to_zoned_datetime(zone.clone()).ok()?;
    u64::try_from(moment.timestamp().as_millisecond()).ok().map(Time)
}

/// So many milliseconds ago.
fn ago(text: &str) -> Option<u64> {
    span_s(text.trim_end_matches(" 전").trim_end_matches('전'))?.checked_mul(1_000)
}

/// The seconds that a length of time has: `90s`, `30m`, `2h`, `3d`, `1w`, in Korean `30분`, `2시간`, `3일`.
#[must_use]
pub fn span_s(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, seconds) = UNITS.iter().find(|(name, _)| unit.trim().eq_ignore_ascii_case(name))?;
    number.parse::<u64>().ok()?.checked_mul(*seconds)
}

fn time_of_day(text: &str) -> Option<Clock> {
    let mut parts = text.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    Clock::new(hour, minute, second, 0).ok()
}

fn date(text: &str, now: &ZonedDateTime) -> Option<Date> {
    match text.to_lowercase().as_str() {
        "today" | "오늘" => return Some(now.date()),
        "yesterday" | "어제" => return now.date().yesterday().ok(),
        _ => {}
    }
    let mut parts = text.split(['-', '/', '.']).rev();
    let (day, month) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let Some(year) = parts.next() else {
        // The last time there was such a day.
        let this = Date::new(now.year(), month, day).ok()?;
        return if this > now.date() { this.checked_sub(1.year()).ok() } else { Some(this) };
    };
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_understood_as_people_write_them() {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let moment = |text: &str| Time(u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap());
        let now = moment("2026-11-25T03:00:00Z"); // noon in Seoul
        for (text, expect) in [
            ("90s", "2026-11-25T02:58:30Z"),
            ("2h", "2026-11-25T01:00:00Z"),
            ("2시간", "2026-11-25T01:00:00Z"),
            ("30분 전", "2026-11-25T02:30:00Z"),
            ("1w", "2026-11-18T03:00:00Z"),
            ("10:30", "2026-11-25T01:30:00Z"),
            ("13:00", "2026-11-24T04:00:00Z"),
            ("Today", "2026-11-24T15:00:00Z"),
            ("어제", "2026-11-23T15:00:00Z"),
            ("어제 10:30", "2026-11-24T01:30:00Z"),
            ("11-24", "2026-11-23T15:00:00Z"),
            ("12-24", "2025-12-23T15:00:00Z"),
            ("2026-11-01T09:00", "2026-11-01T00:00:00Z"),
            ("2026-11-01 09:00:30", "2026-11-01T00:00:30Z"),
            ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ] {
            assert_eq!(parse(text, now, &zone), Some(moment(expect)), "{text}");
        }
        for text in ["", "soon", "25:00", "13-40", "10:30:00:00", "2026-11", "26-11-01", "99999999999999999999h", "1x"]
        {
            assert_eq!(parse(text, now, &zone), None, "{text}");
        }
    }
}
