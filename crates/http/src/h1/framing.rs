//! Where a body ends (RFC 9112, section 6).
