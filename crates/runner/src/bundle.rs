//! The test as a master of ours hands it to workers of ours: the locustfiles and what lies beside
//! them.
//!
//! Locust sends the texts of locustfiles and nothing else. The bundle is a field of the same reply
//! that Locust's workers skip. A worker says which bundle it holds, by its hash, when it is accepted;
//! its master says in the same way that there is another one.

use rmpv::Value;

use crate::dialect;
use crate::wire::{LocustfileReply, ToMaster, ToWorker};

/// Message with a hash: to the master, what is held; to a worker, what is offered.
const BUNDLE: &str = "gregaria_bundle";

/// Hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;

/// Files of a test. Who packs and unpacks them knows their form: to the wire they are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// SHA-256 of `packed` in hexadecimal digits. It comes from a peer: to be checked.
    pub sha256: String,
    /// Names within the bundle of the files to be imported, in their order.
    pub locustfiles: Vec<String>,
    /// All files.
    pub packed: Vec<u8>,
}

impl Bundle {
    /// Puts the bundle into a reply.
    pub fn write(self, reply: &mut LocustfileReply) {
        let names = self.locustfiles.into_iter().map(Value::from);
        let parts = vec![
            Value::from(self.sha256),
            Value::Array(names.collect()),
            Value::Binary(self.packed),
        ];
        dialect::mark(&mut reply.extra, Value::Array(parts));
    }

    /// Reads it from a reply. `None` if a master of another kind has sent it.
    pub fn of(reply: &LocustfileReply) -> Option<Self> {
        let parts = dialect::value_mark(&reply.extra)?.as_array()?;
        let [sha256, names, packed] = parts.as_slice() else {
            return None;
        };
        let names = names.as_array()?.iter();
        Some(Self {
            sha256: sha256.as_str()?.to_owned(),
            locustfiles: names
                .map(|name| name.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            packed: packed.as_slice()?.to_vec(),
        })
    }
}

/// Tells the master which bundle a worker has got its test from.
pub(crate) fn held(sha256: &str) -> ToMaster {
    ToMaster::Custom {
        kind: BUNDLE.to_owned(),
        data: sha256.into(),
    }
}

/// Tells a worker which bundle its master has.
pub(crate) fn offer(sha256: &str) -> ToWorker {
    ToWorker::Custom {
        kind: BUNDLE.to_owned(),
        data: sha256.into(),
    }
}

/// The hash in [`held`] or [`offer`]; `None` if it is another message.
pub(crate) fn hash_of<'m>(kind: &str, data: &'m Value) -> Option<&'m str> {
    let text = (kind == BUNDLE).then(|| data.as_str())??;
    let is_hash = text.len() == HASH_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Extra, Locustfile, Message, decode, encode};

    fn reply() -> LocustfileReply {
        LocustfileReply {
            outcome: Ok(vec![Locustfile::File {
                filename: "shop.py".to_owned(),
                contents: "import users".to_owned(),
            }]),
            extra: Extra::default(),
        }
    }

    #[test]
    fn a_bundle_comes_out_of_a_frame_as_it_went_in() {
        let bundle = Bundle {
            sha256: "ab".repeat(32),
            locustfiles: vec!["load/shop.py".to_owned()],
            packed: vec![0, 255, 1],
        };
        let mut sent = reply();
        bundle.clone().write(&mut sent);
        let frame = encode(&ToWorker::Locustfile(sent), "w");
        let envelope = decode::<ToWorker>(&frame).unwrap();
        let ToWorker::Locustfile(got) = envelope.message else {
            panic!("another message");
        };
        assert_eq!(Bundle::of(&got), Some(bundle));
        assert_eq!(got.outcome, reply().outcome);
    }

    #[test]
    fn a_reply_of_locust_has_no_bundle() {
        assert_eq!(Bundle::of(&reply()), None);
        let mut odd = reply();
        dialect::mark(&mut odd.extra, "text");
        assert_eq!(Bundle::of(&odd), None);
    }

    #[test]
    fn a_hash_is_read_from_its_own_message_only() {
        let hash = "0f".repeat(32);
        let ToMaster::Custom { kind, data } = held(&hash) else {
            panic!("another message");
        };
        assert_eq!(hash_of(&kind, &data), Some(hash.as_str()));
        assert_eq!(hash_of("users", &data), None);
        assert_eq!(hash_of(offer(&hash).kind(), &data), Some(hash.as_str()));
        for other in [Value::Nil, "0f".into(), "xy".repeat(32).into()] {
            assert_eq!(hash_of(&kind, &other), None);
        }
    }
}
