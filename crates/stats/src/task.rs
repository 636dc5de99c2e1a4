//! During which task of the test an entry was requested.

use std::sync::Arc;

/// Characters of the name of a task that are kept.
const MAX_NAME: usize = 200;

/// What stands for several tasks where a task is a text.
const SEVERAL: &str = "*";

/// Whose request an entry is, as far as tasks go. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// Nobody has told, as workers of Locust's own do not.
    #[default]
    NotKnown,
    /// Of no task: before the first one, after the last one, or of no user.
    Outside,
    /// Of this one alone, such as `ShopUser.checkout`.
    One(Arc<str>),
    /// Of more than one, or of one and also outside of tasks.
    Several,
}

impl Task {
    /// What a text says that was made by [`Task::as_text`], or the name of a task; at most 200
    /// characters of it.
    pub fn from_text(text: Option<&str>) -> Self {
        match text {
            None => Self::NotKnown,
            Some("") => Self::Outside,
            Some(SEVERAL) => Self::Several,
            Some(name) => {
                let end = name
                    .char_indices()
                    .nth(MAX_NAME)
                    .map_or(name.len(), |at| at.0);
                Self::One(name[..end].into())
            }
        }
    }

    /// The name of the task; empty for none and `*` for several, which are no names of functions.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::NotKnown => None,
            Self::Outside => Some(""),
            Self::One(name) => Some(name),
            Self::Several => Some(SEVERAL),
        }
    }

    /// Whether `more` tells nothing new. Names are the same only if they are the same piece of
    /// memory, so that this is no work; [`Task::merge`] looks at the rest.
    #[inline]
    pub(crate) fn has(&self, more: &Self) -> bool {
        match (self, more) {
            (Self::One(ours), Self::One(theirs)) => Arc::ptr_eq(ours, theirs),
            (Self::Several, _) | (_, Self::NotKnown) | (Self::Outside, Self::Outside) => true,
            _ => false,
        }
    }

    /// Adds what is known from elsewhere or later.
    pub fn merge(&mut self, more: &Self) {
        if matches!(self, Self::NotKnown) {
            *self = more.clone();
        } else if !matches!(more, Self::NotKnown) && self != more {
            *self = Self::Several;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tasks_are_several_and_what_is_not_known_says_nothing() {
        let of = |text| Task::from_text(text);
        for (ours, theirs, both) in [
            (None, None, None),
            (None, Some("a"), Some("a")),
            (Some("a"), None, Some("a")),
            (Some("a"), Some("a"), Some("a")),
            (Some("a"), Some("b"), Some("*")),
            (Some("a"), Some(""), Some("*")),
            (Some(""), Some(""), Some("")),
            (Some(""), None, Some("")),
            (Some("*"), Some("a"), Some("*")),
            (Some("a"), Some("*"), Some("*")),
        ] {
            let mut merged = of(ours);
            merged.merge(&of(theirs));
            assert_eq!(merged.as_text(), both, "{ours:?} and {theirs:?}");
            assert!(!of(ours).has(&of(theirs)) || of(ours) == merged);
        }
    }

    #[test]
    fn a_name_of_any_length_is_kept_up_to_a_whole_character() {
        let long = "é".repeat(300);
        let task = Task::from_text(Some(&long));
        assert_eq!(task.as_text().unwrap(), "é".repeat(200));
    }
}
