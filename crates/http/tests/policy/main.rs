//! What is decided without a socket: URLs, redirects, cookies, bodies.
//!
//! The vectors of URLs, redirects, forms and files were recorded from requests 2.34 and
//! geventhttpclient 2.6.

mod bodies;
mod cookies;
mod redirects;
mod urls;
