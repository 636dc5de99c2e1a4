//! What follows when an exchange is over: hand it out, follow a redirect, or send it again.
//!
//! Nothing here touches a socket. A redirect is decided before the answer is queued, so that it
//! costs no turn of Python.

use crate::error::ErrorKind;
use crate::h1::Message;
use crate::h1::head::header_lines;
use crate::redirect::follow;
use crate::request::{Method, Request, Rules};

/// What follows a response.
#[derive(Debug)]
pub(crate) enum Next {
    /// It is the answer.
    Finish,
    /// Another request.
    Follow(Box<Request>),
    /// Nothing more can be done.
    Fail(ErrorKind),
}

/// What follows a response to `request`, after `followed` redirects.
pub(crate) fn next(request: &Request, followed: usize, message: &Message) -> Next {
    if !is_followed(request, message) {
        return Next::Finish;
    }
    let limit = request.rules.max_redirects;
    if followed >= limit as usize {
        return Next::Fail(ErrorKind::TooManyRedirects { limit });
    }
    match follow(request, message.status, location_of(message)) {
        Ok(None) => Next::Finish,
        Ok(Some(next)) => Next::Follow(Box::new(next)),
        Err(kind) => Next::Fail(kind),
    }
}

/// Whether a response is not for the user, because it leads on.
pub(crate) fn is_followed(request: &Request, message: &Message) -> bool {
    matches!(message.status, 301 | 302 | 303 | 307 | 308)
        && request.rules.follows_redirects
        && request.rules.max_redirects > 0
        && location_of(message).is_some_and(|location| !location.is_empty())
}

fn location_of(message: &Message) -> Option<&[u8]> {
    header_lines(&message.head[..message.body_at])
        .find(|(name, _)| name.eq_ignore_ascii_case(b"location"))
        .map(|(_, value)| value)
}

/// How a connection was lost while a request was on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The kernel refused the very first byte: the server cannot have seen anything.
    Unsent,
    /// The connection had served before, and no byte of a response came: most likely the server
    /// closed it while the request was on its way.
    Stale,
    /// The connection could not be opened, or was lost in the middle.
    Other,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resend {
    /// The request fails.
    No,
    /// It goes to another connection. It was never sent, so this is not a retry.
    Unseen,
    /// It is sent again on a fresh connection because the kept one was stale; once for a request.
    Stale,
    /// It is sent again, and is one of the retries the rules allow.
    Retry,
}

/// Whether a request is sent again after its connection was lost.
///
/// A request is not repeated in secret: what may have reached the server is repeated only if its
/// method is idempotent and the rules ask for it, and it is counted.
pub(crate) fn resend(
    rules: &Rules,
    method: &Method,
    retries: u32,
    has_met_stale: bool,
    loss: Loss,
) -> Resend {
    if loss == Loss::Unsent {
        return Resend::Unseen;
    }
    if !method.is_idempotent() {
        return Resend::No;
    }
    if loss == Loss::Stale && rules.retries_stale && !has_met_stale {
        return Resend::Stale;
    }
    // The retry for a stale connection is not one of `max_retries`.
    if retries.saturating_sub(u32::from(has_met_stale)) < rules.max_retries {
        return Resend::Retry;
    }
    Resend::No
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(max_retries: u32, retries_stale: bool) -> Rules {
        Rules {
            max_retries,
            retries_stale,
            ..Rules::default()
        }
    }

    #[test]
    fn a_request_that_may_have_been_processed_fails_unless_the_rules_say_otherwise() {
        let rules = rules(0, false);
        for loss in [Loss::Stale, Loss::Other] {
            assert_eq!(resend(&rules, &Method::Get, 0, false, loss), Resend::No);
        }
        assert_eq!(
            resend(&rules, &Method::Post, 0, false, Loss::Unsent),
            Resend::Unseen
        );
    }

    #[test]
    fn a_stale_connection_is_forgiven_once_and_only_to_idempotent_methods() {
        let rules = rules(0, true);
        assert_eq!(
            resend(&rules, &Method::Get, 0, false, Loss::Stale),
            Resend::Stale
        );
        assert_eq!(
            resend(&rules, &Method::Get, 1, true, Loss::Stale),
            Resend::No
        );
        assert_eq!(
            resend(&rules, &Method::Post, 0, false, Loss::Stale),
            Resend::No
        );
    }

    #[test]
    fn retries_end_at_their_limit() {
        let rules = rules(2, true);
        assert_eq!(
            resend(&rules, &Method::Put, 0, false, Loss::Other),
            Resend::Retry
        );
        assert_eq!(
            resend(&rules, &Method::Put, 2, true, Loss::Other),
            Resend::Retry
        );
        assert_eq!(
            resend(&rules, &Method::Put, 2, false, Loss::Other),
            Resend::No
        );
        assert_eq!(
            resend(&rules, &Method::Put, 3, true, Loss::Other),
            Resend::No
        );
    }
}
