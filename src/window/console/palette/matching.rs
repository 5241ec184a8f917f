//! Whether what was typed means an entry, and how well.
//!
//! Promises: pure; the same letters always find the same entries in the same order; every word that
//! was typed has to be there, at least almost; what begins like the text comes before what merely
//! contains it, and that before what looks like a slip of the finger.

/// How well something fits; less is better.
pub(in crate::window::console) type Rank = u8;

const STARTS: Rank = 0;
const WORDS_IN_ORDER: Rank = 1;
const WORDS: Rank = 2;
const BEGINNINGS: Rank = 3;
const CONTAINS: Rank = 4;
const SLIP: Rank = 5;

/// How well a text fits what was typed; `None` when it does not. Nothing typed fits everything.
pub(in crate::window::console) fn rank(typed: &str, text: &str) -> Option<Rank> {
    Words::of(typed).fit(&Words::of(text))
}

/// The words of a text, in lower case, without what stands between them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let words = lower.split(|letter: char| !letter.is_alphanumeric());
        Self(words.filter(|word| !word.is_empty()).map(str::to_owned).collect())
    }

    /// How well a text fits these, which were typed.
    pub fn fit(&self, text: &Self) -> Option<Rank> {
        let (Self(typed), Self(text)) = (self, text);
        if typed.is_empty() {
            return Some(STARTS);
        }
        if starts(typed, text) {
            return Some(STARTS);
        }
        if in_order(typed, text) {
            return Some(WORDS_IN_ORDER);
        }
        let each = |fits: &dyn Fn(&str, &str) -> bool| {
            typed.iter().all(|typed| text.iter().any(|word| fits(typed, word)))
        };
        if each(&|typed, word| word.starts_with(typed)) {
            return Some(WORDS);
        }
        if beginnings(&typed.concat(), text) {
            return Some(BEGINNINGS);
        }
        if each(&|typed, word| word.contains(typed)) {
            return Some(CONTAINS);
        }
        each(&|typed, word| word.starts_with(typed) || is_slip(typed, word)).then_some(SLIP)
    }
}

/// Whether a text begins with these words, the last of which may go on.
fn starts(typed: &[String], text: &[String]) -> bool {
    let Some((last, whole)) = typed.split_last() else { return true };
    text.starts_with(whole) && text.get(whole.len()).is_some_and(|word| word.starts_with(last))
}

/// Whether each typed word begins one of the text's, in the same order.
fn in_order(typed: &[String], text: &[String]) -> bool {
    let mut left = text.iter();
    typed.iter().all(|typed| left.any(|word| word.starts_with(typed.as_str())))
}

/// Whether letters are the beginnings of words in this order: `colnow` of “Collect now”.
fn beginnings(letters: &str, text: &[String]) -> bool {
    let letters: Vec<char> = letters.chars().collect();
    // Which first parts of the letters can be told from the words so far, by their length.
    let mut told = vec![false; letters.len() + 1];
    told.iter_mut().take(1).for_each(|nothing| *nothing = true);
    for word in text {
        // From the end: a word is begun once.
        for from in (0..letters.len()).rev() {
            if told.get(from) == Some(&true) {
                let left = letters.iter().skip(from).copied();
                let shared = left.zip(word.chars()).take_while(|(a, b)| a == b).count();
                told.iter_mut().skip(from + 1).take(shared).for_each(|part| *part = true);
            }
        }
    }
    told.last() == Some(&true)
}

/// Whether one letter is wrong, missing, too many or in its neighbor's place, in a word long enough
/// to tell.
fn is_slip(typed: &str, word: &str) -> bool {
    let length = typed.chars().count();
    if length < 4 {
        return false;
    }
    let begins = |letters: usize| -> &str {
        word.char_indices().nth(letters).and_then(|(at, _)| word.get(..at)).unwrap_or(word)
    };
    [length - 1, length, length + 1]
        .into_iter()
        .any(|letters| strsim::osa_distance(typed, begins(letters)) <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_the_text_comes_first() {
        for (typed, text, expected) in [
            ("", "Overview", Some(STARTS)),
            ("over", "Overview", Some(STARTS)),
            ("Collect n", "Collect now", Some(STARTS)),
            ("den us", "Denied by a user", Some(WORDS_IN_ORDER)),
            ("user denied", "Denied by a user", Some(WORDS)),
            ("colnow", "Collect now", Some(BEGINNINGS)),
            ("l7d", "Last 7 days", Some(BEGINNINGS)),
            ("board", "Dashboards", Some(CONTAINS)),
            ("dashbaord", "Dashboards", Some(SLIP)),
            ("dashbords", "Dashboards", Some(SLIP)),
            ("setings", "Settings", Some(SLIP)),
            ("xyz", "Overview", None),
            ("over xyz", "Overview", None),
            ("ovx", "Overview", None),
            ("ÜBER", "Über uns", Some(STARTS)),
            ("חברת", "חברת הדוגמה", Some(STARTS)),
        ] {
            assert_eq!(rank(typed, text), expected, "“{typed}” in “{text}”");
        }
    }

    #[test]
    fn a_long_text_is_looked_through_at_once() {
        let text = "a ".repeat(500);
        let typed = format!("{}b", "a".repeat(60));
        let started = std::time::Instant::now();
        assert_eq!(rank(&"a".repeat(60), &text), Some(BEGINNINGS));
        assert_eq!(rank(&typed, &text), None);
        assert!(started.elapsed() < std::time::Duration::from_secs(2));
    }
}
