//! Which topics a viewer has asked for.

use crate::model::Topic;

/// A set of topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Topics(u8);

impl Topics {
    /// The set that a query names, as `overview,entries`; all of them if it is not there.
    pub fn parse(query: Option<&str>) -> Result<Self, UnknownTopic> {
        let Some(query) = query else {
            return Ok(Self::all());
        };
        let mut topics = Self::default();
        for word in query.split(',').filter(|word| !word.is_empty()) {
            let topic = match word {
                "overview" => Topic::Overview,
                "entries" => Topic::Entries,
                "workers" => Topic::Workers,
                "failures" => Topic::Failures,
                "log" => Topic::Log,
                _ => return Err(UnknownTopic(word.to_owned())),
            };
            topics.0 |= bit(topic);
        }
        Ok(topics)
    }

    /// Every topic.
    pub fn all() -> Self {
        Self(0b1_1111)
    }

    /// Whether this one is among them.
    pub fn has(self, topic: Topic) -> bool {
        self.0 & bit(topic) != 0
    }
}

fn bit(topic: Topic) -> u8 {
    match topic {
        Topic::Overview => 1,
        Topic::Entries => 2,
        Topic::Workers => 4,
        Topic::Failures => 8,
        Topic::Log => 16,
    }
}

/// A word that is no topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no topic `{0}`: overview, entries, workers, failures and log are known")]
pub struct UnknownTopic(String);
