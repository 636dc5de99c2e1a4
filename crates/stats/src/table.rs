//! Items in the order of their arrival, found by a key of borrowed strings.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// What a [`Table`] finds an item by.
pub(crate) trait Keyed {
    /// Parts of the key, compared in turn. All items of a table have the same number of parts.
    fn parts(&self) -> impl Iterator<Item = &str>;
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
    pub(crate) fn find(&self, key: &[&str]) -> Option<usize> {
        let hash = self.hash(key.iter().copied());
        self.index
            .find(hash, |&place| {
                self.items[place as usize].parts().eq(key.iter().copied())
            })
            .map(|&place| place as usize)
    }

    /// Place of the item with the same key as `item`.
    pub(crate) fn find_like(&self, item: &impl Keyed) -> Option<usize> {
        let hash = self.hash(item.parts());
        self.index
            .find(hash, |&place| {
                self.items[place as usize].parts().eq(item.parts())
            })
            .map(|&place| place as usize)
    }

    /// Appends an item whose key is not in the table yet, and returns its place.
    pub(crate) fn push(&mut self, item: T) -> usize {
        let place = self.items.len();
        let hash = self.hash(item.parts());
        self.items.push(item);
        let (items, hasher) = (&self.items, &self.hasher);
        let entry = u32::try_from(place).expect("limits keep tables below 2^32 items");
        self.index.insert_unique(hash, entry, |&other| {
            hash_parts(hasher, items[other as usize].parts())
        });
        place
    }

    #[inline]
    fn hash<'a>(&self, parts: impl Iterator<Item = &'a str>) -> u64 {
        hash_parts(&self.hasher, parts)
    }
}

#[inline]
fn hash_parts<'a>(builder: &impl BuildHasher, parts: impl Iterator<Item = &'a str>) -> u64 {
    use std::hash::Hasher;
    let mut hasher = builder.build_hasher();
    for part in parts {
        part.hash(&mut hasher);
    }
    hasher.finish()
}
