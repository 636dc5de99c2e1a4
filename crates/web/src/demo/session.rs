//! Sessions of the demo's server: a cookie, a cart, a token, a name.
//!
//! There are at most [`LIMIT`] of them; the oldest goes first, since a load test makes them
//! without end.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
};

use axum::http::{HeaderMap, HeaderValue, header};

/// Sessions kept. About 200 bytes each.
const LIMIT: usize = 100_000;

/// Name of the cookie.
const COOKIE: &str = "session";

/// What the shop knows about one visitor.
#[derive(Default)]
pub(super) struct Session {
    /// Numbers of the products in the cart.
    pub(super) cart: Vec<u32>,
    /// What the login form has to send back; set when the form is shown.
    pub(super) token: Option<String>,
    /// Who signed in.
    pub(super) user: Option<String>,
}

/// All sessions by the value of their cookie.
#[derive(Default)]
pub(super) struct Sessions {
    by_id: HashMap<String, Session>,
    oldest_first: VecDeque<String>,
    random: RandomState,
    made: u64,
}

impl Sessions {
    /// The session that the request's cookie names, if there is one.
    pub(super) fn find(&mut self, headers: &HeaderMap) -> Option<&mut Session> {
        self.by_id.get_mut(cookie(headers)?)
    }

    /// The session of the request, or one just made together with the header that sets its cookie.
    pub(super) fn find_or_make(
        &mut self,
        headers: &HeaderMap,
    ) -> (&mut Session, Option<(header::HeaderName, HeaderValue)>) {
        let known = cookie(headers).filter(|id| self.by_id.contains_key(*id));
        let is_new = known.is_none();
        let id = known.map_or_else(|| self.random_word(), str::to_owned);
        let set_cookie = is_new.then(|| {
            if self.oldest_first.len() == LIMIT
                && let Some(oldest) = self.oldest_first.pop_front()
            {
                self.by_id.remove(&oldest);
            }
            self.oldest_first.push_back(id.clone());
            let value = format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax");
            let value = HeaderValue::try_from(value).expect("hexadecimal digits fit in a header");
            (header::SET_COOKIE, value)
        });
        (self.by_id.entry(id).or_default(), set_cookie)
    }

    /// Sixteen hexadecimal digits that no client can guess well enough to matter in a demo.
    pub(super) fn random_word(&mut self) -> String {
        self.made += 1;
        format!("{:016x}", self.random.hash_one(self.made))
    }
}

/// The value of our cookie among those of the request.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}
