//! Which country a telephone number belongs to, as far as its first digits tell.
//!
//! Promises: only numbers in international form (`+44 20 7946 0018`) have a code; the code is told
//! without a table of countries, so a new country is no surprise.
//!
//! The lengths of the codes: ITU-T Recommendation E.164, list of assigned country codes. Zones 1
//! and 7 have codes of one digit, some older countries of two, all others of three.

/// Codes of two digits; those of zones 1 and 7 have one, all others three.
const TWO_DIGITS: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// The country code of a number, with its plus sign: `+44`.
pub fn calling_code(number: &str) -> Option<&str> {
    let digits = number.trim_start().strip_prefix('+')?;
    let length = match digits.get(..1)? {
        "1" | "7" => 1,
        _ if TWO_DIGITS.contains(&digits.get(..2)?) => 2,
        _ => 3,
    };
    let code = digits.get(..length)?;
    let is_complete = code.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() > length;
    is_complete.then(|| number.trim_start().get(..=length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_as_long_as_its_country_has_it() {
        for (number, code) in [
            ("+17345550131", "+1"),
            ("+7 495 555 0100", "+7"),
            ("+44 20 7946 0018", "+44"),
            ("+4570100000", "+45"),
            ("+98 21 5550100", "+98"),
            ("+2250701020304", "+225"),
            ("+61491570156", "+61"),
        ] {
            assert_eq!(calling_code(number), Some(code), "{number}");
        }
    }

    #[test]
    fn what_is_no_international_number_has_none() {
        for number in ["", "+", "+1", "+44", "+22", "734-555-0131", "00441", "+4x 12345", "+é1"] {
            assert_eq!(calling_code(number), None, "{number}");
        }
    }
}
