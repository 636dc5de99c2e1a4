//! The server that `gregaria demo`, the examples and the tests load: a small shop.
//!
//! What it does is known to the request, so that a run against it can be checked: fixed latencies
//! ([`latency`]), a fixed share of failures ([`misc::FAILS_EVERY`]), sessions, a form with a token.
//!
//! | Path | Answer |
//! | --- | --- |
//! | `GET /` | the front page |
//! | `GET /products`, `/products/{1..=20}` | pages; other numbers 404 |
//! | `GET /cart`, `POST /cart` | JSON; `POST` adds `{"product": n}` to the cart of the session cookie |
//! | `POST /checkout` | empties the cart; 409 if it is empty |
//! | `GET /login`, `POST /login` | a form with a CSRF token; 403 without it, 303 to `/account` with it |
//! | `GET /account` | 200 when signed in, else 401 |
//! | `GET /api/products`, `/api/products/{1..=20}` | JSON |
//! | `GET /slow` | after [`latency::SLOW`] |
//! | `GET /flaky` | every tenth answer is a 503 |
//! | `GET /old` | 301 to `/products` |
//! | `GET /served` | JSON: how many requests were answered before this one |

pub mod latency;
mod login;
pub mod misc;
mod session;
mod shop;
mod state;
mod target;

pub use target::Target;
