//! A router that knows what it leads to.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

use crate::server::App;

/// A router, and the method and path of everything in it: what the document of the API is held against.
pub(crate) struct Paths {
    router: Router<Arc<App>>,
    listed: Vec<(&'static str, &'static str)>,
}

impl Paths {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            listed: Vec::new(),
        }
    }

    /// `GET` of this path is answered by this handler.
    pub(super) fn get<H, T>(self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.on("GET", path, routing::get(handler))
    }

    /// The same for `POST`.
    pub(super) fn post<H, T>(self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.on("POST", path, routing::post(handler))
    }

    /// The same for `DELETE`.
    pub(super) fn delete<H, T>(self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.on("DELETE", path, routing::delete(handler))
    }

    /// The same for one method with all that is put around its handler.
    pub(crate) fn on(
        mut self,
        method: &'static str,
        path: &'static str,
        handler: MethodRouter<Arc<App>>,
    ) -> Self {
        self.router = self.router.route(path, handler);
        self.listed.push((method, path));
        self
    }

    /// The router.
    pub(crate) fn router(self) -> Router<Arc<App>> {
        self.router
    }

    /// Method and path of everything in it.
    #[cfg(test)]
    pub(crate) fn listed(&self) -> &[(&'static str, &'static str)] {
        &self.listed
    }
}
