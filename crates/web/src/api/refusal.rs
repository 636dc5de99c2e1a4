//! An answer that says no.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::model::Problem;
use crate::seam::Unanswered;

/// Why a request is not done.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    problem: Box<Problem>,
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Refusal {
    /// A word for programs and a sentence for people.
    pub(crate) fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self {
            status,
            problem: Box::new(Problem {
                code: code.to_owned(),
                message: message.to_owned(),
                field: None,
            }),
            header: None,
        }
    }

    /// The field that it is about.
    #[must_use]
    pub(crate) fn about(mut self, field: &str) -> Self {
        self.problem.field = Some(field.to_owned());
        self
    }

    /// With one header more.
    #[must_use]
    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::try_from(value).ok();
        self.header = value.map(|value| Box::new((HeaderName::from_static(name), value)));
        self
    }

    /// Nothing was counted in a stretch that is asked for.
    pub(crate) fn empty_window() -> Self {
        let text = "nothing is known of this stretch of the run";
        Self::not_found("empty_window", text)
    }

    /// What the request names is not there.
    pub(crate) fn not_found(code: &str, message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// The request says what cannot be.
    pub(crate) fn invalid(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, super::Json(self.problem)).into_response();
        if let Some(header) = self.header {
            let (name, value) = *header;
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<Unanswered> for Refusal {
    fn from(unanswered: Unanswered) -> Self {
        let (status, code) = match unanswered {
            Unanswered::Gone => (StatusCode::SERVICE_UNAVAILABLE, "ending"),
            Unanswered::Late => (StatusCode::GATEWAY_TIMEOUT, "busy"),
        };
        Self::new(status, code, &unanswered.to_string())
    }
}
