//! Items in the order of their arrival, found by a key of borrowed strings.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

/// What an item is found by: up to three strings, the unused ones empty.
pub(crate) type Parts<'a> = [&'a str; 3];

/// An item of a [`Table`].
pub(crate) trait Keyed {
    /// The key of the item.
    fn parts(&self) -> Parts<'_>;
}

impl<T: Keyed> Keyed for std::sync::Arc<T> {
    fn parts(&self) -> Parts<'_> {
        (**self).parts()
    }
}

/// A list with an index by key.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    items: Vec<T>,
    /// Places in `items`.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<T: Keyed> Table<T> {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.items
    }

    pub(crate) fn into_items(self) -> Vec<T> {
        self.items
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> &mut T {
        &mut self.items[place]
    }

    /// Place of the item with this key.
    #[inline]
    pub(crate) fn find(&self, key: Parts<'_>) -> Option<usize> {
        let hash = hash_parts(&self.hasher, key);
        self.index
            .find(hash, |&place| self.items[place as usize].parts() == key)
            .map(|&place| place as usize)
    }

    /// Appends an item whose key is not in the table yet, and returns its place.
    pub(crate) fn push(&mut self, item: T) -> usize {
        let place = self.items.len();
        let hash = hash_parts(&self.hasher, item.parts());
        self.items.push(item);
        let (items, hasher) = (&self.items, &self.hasher);
        let entry = u32::try_from(place).expect("limits keep tables below 2^32 items");
        self.index.insert_unique(hash, entry, |&other| {
            hash_parts(hasher, items[other as usize].parts())
        });
        place
    }
}

#[inline]
fn hash_parts(builder: &impl BuildHasher, parts: Parts<'_>) -> u64 {
    let mut hasher = builder.build_hasher();
    for part in parts {
        // A string ends its hash with a mark, so parts do not run into each other.
        part.hash(&mut hasher);
    }
    hasher.finish()
}
