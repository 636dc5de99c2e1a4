//! Entries in folders: figures of all requests of a folder together.

use std::collections::BTreeMap;
use std::sync::Arc;

use gregaria_stats::{Entry, Key, Task, Window};

use crate::model::EntryFolder;
use crate::picture::figures_of;

/// What entries of a folder have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FoldersBy {
    /// The first part of the path.
    #[default]
    Path,
    /// The method.
    Method,
    /// The task of the test during which they were requested.
    Task,
}

/// Folders of entries that are not those of one task.
const SEVERAL_TASKS: &str = "several tasks";
const OUTSIDE_TASKS: &str = "outside tasks";
const TASK_NOT_KNOWN: &str = "task not known";

impl FoldersBy {
    /// The folder of an entry.
    pub(crate) fn name_of<'a>(self, key: &'a Key, task: &'a Task) -> &'a str {
        match self {
            Self::Path => folder_of(&key.name),
            Self::Method => &key.method,
            Self::Task => match task {
                Task::One(name) => name,
                Task::Several => SEVERAL_TASKS,
                Task::Outside => OUTSIDE_TASKS,
                Task::NotKnown => TASK_NOT_KNOWN,
            },
        }
    }
}

/// The first part of the path, `/item` of `/item/[id]?a=1` and of `http://a/item/7`.
fn folder_of(name: &str) -> &str {
    let path = match name.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            rest.find('/').map_or("", |at| &rest[at..])
        }
        _ => name,
    };
    let Some(rest) = path.strip_prefix('/') else {
        return "other";
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    &path[..=end]
}

/// Merges the entries of each folder.
pub(crate) fn merged<'a>(
    entries: impl Iterator<Item = (u32, &'a Arc<Entry>)>,
    by: FoldersBy,
    window: &Window,
) -> Vec<EntryFolder> {
    let mut folders: BTreeMap<&str, (Vec<u32>, Entry)> = BTreeMap::new();
    for (index, entry) in entries {
        let name = by.name_of(&entry.key, &entry.task);
        match folders.get_mut(name) {
            Some((indexes, sum)) => {
                indexes.push(index);
                sum.merge(entry);
            }
            None => {
                folders.insert(name, (vec![index], Entry::clone(entry)));
            }
        }
    }
    let folder = |(name, (entries, sum)): (&str, (Vec<u32>, Entry))| EntryFolder {
        name: name.to_owned(),
        entries,
        figures: figures_of(&sum, window),
    };
    folders.into_iter().map(folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_first_part_of_the_path() {
        for (name, folder) in [
            ("/", "/"),
            ("/item/[id]?a=1", "/item"),
            ("/item?a=/b", "/item"),
            ("http://a:1/item/7", "/item"),
            ("http://a", "other"),
            ("checkout", "other"),
            ("a b://c/d", "other"),
            ("", "other"),
        ] {
            assert_eq!(folder_of(name), folder, "{name}");
        }
    }
}
