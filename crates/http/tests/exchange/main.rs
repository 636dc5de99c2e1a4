//! One exchange of HTTP/1.1, without a socket: what is sent, and what a response amounts to.

mod given;
mod requests;
mod responses;
