//! Where a URL leads: parsed once, then looked up.
//!
//! A locustfile asks for the same few paths over and over, so what a path means under a base URL
//! is kept. A test that makes up a new URL for each request fills the book with things nobody asks
//! for again: it is emptied when it is full, which costs such a test next to nothing.

use std::collections::HashMap;
use std::sync::Arc;

use gregaria_http::Origin;

/// Paths kept in all; about 200 bytes each.
const MAX_ADDRESSES: usize = 8192;

/// What a request needs to know of its URL.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// Where to connect; one value for each host, however many paths.
    pub(crate) origin: Arc<Origin>,
    /// Path and query as sent.
    pub(crate) target: Arc<str>,
    /// The URL as the locustfile wrote it.
    pub(crate) given: Arc<str>,
}

/// A base URL that clients share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BaseId(usize);

#[derive(Default)]
pub(crate) struct AddressBook {
    bases: Vec<Base>,
    origins: Vec<Arc<Origin>>,
    kept: usize,
}

struct Base {
    url: Box<str>,
    addresses: HashMap<Arc<str>, Address, foldhash::fast::FixedState>,
}

impl AddressBook {
    /// The id of a base URL, which may be empty. There are as many as user classes have hosts.
    pub(crate) fn base(&mut self, url: &str) -> BaseId {
        if let Some(index) = self.bases.iter().position(|base| &*base.url == url) {
            return BaseId(index);
        }
        self.bases.push(Base {
            url: url.into(),
            addresses: HashMap::default(),
        });
        BaseId(self.bases.len() - 1)
    }

    /// Resolves `given` under a base: absolute when it begins with `http://` or `https://`, else
    /// put behind the base as it is, without a slash between, as Locust does.
    pub(crate) fn find(
        &mut self,
        base: BaseId,
        given: &str,
    ) -> Result<Address, gregaria_http::UrlError> {
        if let Some(address) = self.bases[base.0].addresses.get(given) {
            return Ok(address.clone());
        }
        let full = full_url(&self.bases[base.0].url, given);
        let parsed = gregaria_http::Url::parse(&full)?;
        let address = Address {
            origin: self.origin(parsed.origin),
            target: parsed.target.into(),
            given: given.into(),
        };
        if self.kept >= MAX_ADDRESSES {
            self.bases
                .iter_mut()
                .for_each(|base| base.addresses.clear());
            self.kept = 0;
        }
        self.kept += 1;
        self.bases[base.0]
            .addresses
            .insert(address.given.clone(), address.clone());
        Ok(address)
    }

    /// One `Arc` for equal origins, so that comparing two is comparing pointers most of the time.
    fn origin(&mut self, origin: Origin) -> Arc<Origin> {
        if let Some(known) = self.origins.iter().find(|known| ***known == origin) {
            return known.clone();
        }
        let origin = Arc::new(origin);
        if self.origins.len() < 1024 {
            self.origins.push(origin.clone());
        }
        origin
    }
}

/// The URL a request is for.
pub(crate) fn full_url(base: &str, given: &str) -> String {
    if is_absolute(given) {
        given.to_owned()
    } else {
        format!("{base}{given}")
    }
}

/// `^https?://` in any case.
fn is_absolute(url: &str) -> bool {
    let starts = |prefix: &str| {
        url.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    starts("http://") || starts("https://")
}
