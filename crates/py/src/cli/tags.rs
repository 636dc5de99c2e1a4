//! Which tasks take part.

use super::option::{Kind, Opt};

/// Options under this heading.
pub(super) const OPTIONS: &[Opt] = &[
    Opt::of(
        Kind::Texts,
        "tags",
        "TAG",
        "Run only tasks with at least one of these tags",
    )
    .short('T')
    .env("LOCUST_TAGS"),
    Opt::of(
        Kind::Texts,
        "exclude-tags",
        "TAG",
        "Leave out tasks with any of these tags",
    )
    .short('E')
    .env("LOCUST_EXCLUDE_TAGS"),
];
